"""`checkpoint`: a function of which a graph keeps the inputs only; backward runs it again.

What a network needs for its backward pass grows with its depth.  Cut into pieces, it is kept only
where the pieces meet, and inside one piece at a time: less memory, for a second forward pass.

The function is run as it is, and recorded (`first_run`).  Then its result becomes a node made of
what was read from outside (`made_inside` sees arguments, and the parameters and results that the
function finds itself), and what lies between, which nobody holds any more, ends.  The rule of that
node (`second_run`) runs the function again, of the same inputs and with the same random numbers
(`random_stands`), and passes the gradient through.  You may change how a result is found in what
the function returns; that nothing but the function's own nodes ends is what the rest relies on.
"""

from .first_run import checkpoint as checkpoint
