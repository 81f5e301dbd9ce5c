"""Training, watched: what is measured and how it is kept.  `viz.plots` draws it.

`History` is a callback of `nn.fit`, or is told each step of a loop of your own.  `measure` says
what is measured of parameters and layers (`outputs` sees these), `records` how it is read and
written.  `keeper` keeps the first steps that go wrong, as `caught` has them.  `server` is the page
of a run (its script and looks are in `web`), for `twingrad watch` and for `live`, which in a
notebook draws a `figure`; `following` is what they read.  The plots take
`Meter` and what finds the parameters, gradients and layers of a model of either tier.  To add a
measurement, add its number to what a function of `measure` returns, and a case to test_history.py;
do not rename those there are, as files of earlier runs have their names.
"""

from .following import FileLines as FileLines
from .history import History as History
from .measure import (
    Meter as Meter,
    activation_statistics as activation_statistics,
    gradient_of as gradient_of,
    layers_to_measure as layers_to_measure,
    named_layers as named_layers,
    named_parameters as named_parameters,
)
from .outputs import ENDS as ENDS
from .server import watch as watch
