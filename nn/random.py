"""What `rng` means everywhere in nn: engine's generators, of which nn has none of its own."""

from engine import (
    Rng as Rng,
    default_generator as default_generator,
    generator as generator,
    manual_seed as manual_seed,
    set_generator_state as set_generator_state,
)


def one_of_both(generator: Rng, rng: Rng) -> Rng:
    """What was given as `generator`, PyTorch's name, or as `rng`.

    Raises:
        TypeError: both were.
    """
    if generator is not None and rng is not None:
        raise TypeError("generator and rng are two names of one argument: give one of them")
    return rng if generator is None else generator
