"""What `rng` means everywhere in nn: engine's generators, of which nn has none of its own."""

from engine import (
    Rng as Rng,
    default_generator as default_generator,
    generator as generator,
    manual_seed as manual_seed,
    one_of_both as one_of_both,
    set_generator_state as set_generator_state,
)
