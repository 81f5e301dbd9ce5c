"""Training: `fit`, and what it does in each epoch; `evaluate` and `accuracy`.

`fit` holds the loop, `step` the passes of a batch, `evaluation` what is measured, `interrupts` lets
Ctrl-C end it between two batches, and `left_off` knows where, for the run that goes on.  What is to
happen besides is a callback, so there is nothing to add here but another metric beside `accuracy`.
"""

from .evaluation import accuracy as accuracy, evaluate as evaluate
from .fit import fit as fit
