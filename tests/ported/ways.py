"""Programs brought from elsewhere: which there are, how one is run, its results as numbers."""

import inspect

import numpy as np
from ported.brought import courses, lectures, sciences, transformers, tutorials

NOT_PROGRAMS = {
    "build_dataset",
    "layers_of",
    "start",
    "batches_of",
    "estimator_of",
    "moons",
    "words_by_gpt",
    "variational_inference",
    "two_layer_net",
}  # for now
MODULES = (lectures, transformers, tutorials, sciences, courses)
PROGRAMS = {
    name: function
    for module in MODULES
    for name, function in inspect.getmembers(module, inspect.isfunction)
    if function.__module__ == module.__name__ and name not in NOT_PROGRAMS
}


def run(program, **modules):
    """What a program returns, as lists of numbers, given the modules it asks for."""
    modules["draw"] = np.random.RandomState(42)
    wanted = inspect.signature(program).parameters
    return {k: plain(x) for k, x in program(**{k: modules[k] for k in wanted}).items()}


def plain(x):
    """Numbers, lists and words of a result, for JSON."""
    if isinstance(x, (bool, int, float, str, type(None))):
        return x
    if isinstance(x, list | tuple):
        return [plain(item) for item in x]
    x = np.asarray(x.detach() if hasattr(x, "detach") else x)
    return x.tolist()
