"""Programs of arrays that run: the graph of Symbols as straight NumPy, with buffers that are kept.

`instructions` says what a step is, `forms` and `lowered` make steps of the terms of
`engine.writing`, `negatives` leaves some of them out, `chains` puts those together that are done
block by block (`chain_text`, `workers`), `shortcuts` and `movements` take shorter ways, `memory`
gives each result a place, `module_text` writes the module, `plan` shows it and `array_program` runs
it.
Others use `ArrayProgram`, `ArrayHalves` and `thread_count`.  You may change how a step is computed;
that results are fresh arrays, and that nothing given is written to, is what the rest relies on.
"""

from .array_program import ArrayHalves as ArrayHalves, ArrayProgram as ArrayProgram
from .plan import (
    Plan as Plan,
    PlannedBuffer as PlannedBuffer,
    PlannedLine as PlannedLine,
    in_bytes as in_bytes,
)
from .workers import thread_count as thread_count
