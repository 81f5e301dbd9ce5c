"""Linear algebra, as `numpy.linalg` and `torch.linalg` have it: `engine.linalg.solve(a, b)`.

A matrix is the last two axes; those before are a batch.  What LAPACK does is a row of the table,
with a rule in ops; the rest is composed.  A row has one array as its result, so those of `eigh`,
`svd`, `qr` and `slogdet` pack several into one (`packed_eigh`), and the functions give the parts by
NumPy's names.  The families, a module each; `elimination` and `rotations` do the same number by
number, for Values:

    solving         solve inv solve_triangular cholesky_solve matrix_power
    determinants    det slogdet logdet cofactors
    factorizations  cholesky qr
    spectra         eigh eigvalsh svd svdvals norm
    least_squares   lstsq pinv matrix_rank
"""

# One name a line would be two pages.
# isort: off
from numpy.linalg import LinAlgError as LinAlgError

from .solving import (
    cholesky_solve as cholesky_solve, inv as inv, matrix_power as matrix_power, solve as solve,
    solve_triangular as solve_triangular,
)  # fmt: skip
from .determinants import (
    cofactors as cofactors, det as det, logdet as logdet, slogdet as slogdet,
)  # fmt: skip
from .factorizations import cholesky as cholesky, qr as qr
from .spectra import (
    eigh as eigh, eigvalsh as eigvalsh, norm as norm, svd as svd, svdvals as svdvals,
)  # fmt: skip
from .least_squares import lstsq as lstsq, matrix_rank as matrix_rank, pinv as pinv
from ..numpy_protocol import MEANINGS

MEANINGS.update(
    {
        "np.linalg.matrix_rank": lambda A, tol=None, rtol=None: matrix_rank(A, tol, rtol=rtol),
        "np.linalg.norm": norm,
        "np.linalg.matrix_norm": lambda x, ord="fro", keepdims=False: norm(
            x, ord, (-2, -1), keepdims
        ),
    }
)
