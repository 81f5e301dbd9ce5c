"""Neural networks on the engine: layers, losses, optimizers, data."""
