"""Real work, each a module with a fixed seed: `python -m nn.examples.<name>`."""
