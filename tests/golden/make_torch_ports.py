"""Writes torch_ports.json: what the programs in ported/brought give under PyTorch, in float64.

    pip install torch
    python tests/golden/make_torch_ports.py [NAME …]

`float()` and `float32` are the double precision that everything else is in, so that one number can
be compared with the other to the last digits.
"""

import json
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent

if __name__ == "__main__":
    sys.path.insert(0, str(HERE.parent))

    import torch
    from ported.ways import PROGRAMS, run

    torch.set_default_dtype(torch.float64)
    torch.Tensor.float = torch.Tensor.double
    stored = HERE / "torch_ports.json"
    found = json.loads(stored.read_text()) if len(sys.argv) > 1 else {}
    for name in sys.argv[1:] or PROGRAMS:
        modules = {"torch": torch, "nn": torch.nn, "F": torch.nn.functional, "optim": torch.optim}
        found[name] = run(PROGRAMS[name], **modules)
    stored.write_text(json.dumps(found, separators=(",", ":"), sort_keys=True) + "\n")
