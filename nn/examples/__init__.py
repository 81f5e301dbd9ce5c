"""Real work, each a module with a fixed seed: `python -m nn.examples.<name>`.

They use what a user uses, `nn` and `engine`; notebooks and tests import them by name.  To add one:
a module here with a `main` that returns its numbers, and a test that it comes to them.
"""
