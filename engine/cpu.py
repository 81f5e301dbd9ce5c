"""The one device there is, under the names by which PyTorch's programs ask for it."""

from __future__ import annotations

from typing import Any


class device:  # noqa: N801 - PyTorch's name
    """Where numbers are: the CPU.  Equal to "cpu", and so is what every node says of itself.

    Raises:
        ValueError: another device.

    >>> device("cuda" if cuda.is_available() else "cpu")
    device(type='cpu')
    >>> device("cpu") == "cpu", device("cpu").type
    (True, 'cpu')
    """

    __slots__ = ()

    type = "cpu"
    index = None

    def __init__(self, type: Any = "cpu") -> None:
        on_cpu(type)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, device) or other == "cpu"

    def __hash__(self) -> int:
        return hash("cpu")

    def __str__(self) -> str:
        return "cpu"

    def __repr__(self) -> str:
        return "device(type='cpu')"


def on_cpu(device: Any) -> None:
    """Check that a device is the CPU: "cpu", `device("cpu")` or None, which leaves it open.

    Raises:
        ValueError: another one.

    >>> on_cpu("cuda")
    Traceback (most recent call last):
    ValueError: there is only the CPU: device must be 'cpu', got 'cuda'
    """
    if device is not None and device != "cpu" and device != "cpu:0":
        raise ValueError(f"there is only the CPU: device must be 'cpu', got {device!r:.60}")


def names_device(x: Any) -> bool:
    """Whether x is a device or the name of one, and not a dtype.

    >>> names_device("cuda:0"), names_device("float32"), names_device(float)
    (True, False, False)
    """
    names = ("cpu", "cuda", "mps", "xpu", "meta")
    return isinstance(x, device) or (isinstance(x, str) and x.partition(":")[0] in names)


class cuda:  # noqa: N801 - PyTorch's name
    """PyTorch's `torch.cuda`, for programs that ask whether it is there: it is not.

    >>> cuda.is_available(), cuda.device_count()
    (False, 0)
    """

    @staticmethod
    def is_available() -> bool:
        """False: there are none."""
        return False

    @staticmethod
    def device_count() -> int:
        """0."""
        return 0

    @staticmethod
    def manual_seed_all(seed: int) -> None:
        """Nothing: there are no such devices to seed.  `engine.manual_seed` is for the CPU."""


class OnCPU:
    """What every node says of its place."""

    __slots__ = ()

    @property
    def device(self) -> device:
        """`engine.device("cpu")`."""
        return CPU

    @property
    def is_cuda(self) -> bool:
        """False."""
        return False


CPU = device()
