"""The command; what it does stands in the package's docstring."""

import os
import sys
from pathlib import Path

# Before NumPy is imported: one thread each, and BLAS as it comes.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"
for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
    os.environ.pop(name, None)
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"

# In place of this folder: the clone, after what PYTHONPATH says, and the folder of the tests.
ROOT = Path(__file__).resolve().parents[2]
given = [part for part in os.environ.get("PYTHONPATH", "").split(os.pathsep) if part]
sys.path[: 1 + len(given)] = [*given, str(ROOT), str(ROOT / "tests")]

from bench.command import main  # noqa: E402 - after the environment is set

main(sys.argv[1:], ROOT)
