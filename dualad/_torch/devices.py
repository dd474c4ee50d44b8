"""Devices: there is one, the CPU. `device=` is taken where PyTorch takes it; any other device is refused by name."""

from __future__ import annotations


class device(str):
    """The place of a tensor's memory, `device("cpu")`: a string that knows its `type` and `index`.

    Raises
    ------
    RuntimeError
        For any other than the CPU.
    """

    __slots__ = ()

    def __new__(cls, type="cpu", index=None):
        if index is not None:
            type = f"{type}:{index}"
        kind, _, number = str(type).partition(":")
        if kind != "cpu" or number not in ("", "0"):
            raise RuntimeError(f"the only device is the CPU, not {str(type)!r}")
        return super().__new__(cls, type)

    @property
    def type(self) -> str:
        return "cpu"

    @property
    def index(self) -> int | None:  # type: ignore[override]  # PyTorch's name
        return 0 if ":" in self else None

    def __eq__(self, other):
        return isinstance(other, str) and str(other) in ("cpu", "cpu:0")

    def __ne__(self, other):
        return not self == other

    def __hash__(self):
        return hash("cpu")

    def __repr__(self):
        return f"device(type='cpu'{', index=0' if self.index is not None else ''})"


CPU = device()


def on_cpu(where) -> None:
    """Refuse any `device=` but the CPU."""
    if where is not None and where is not CPU:
        device(where)


def is_device(x) -> bool:
    """Whether an argument of `to` names a device, not a dtype."""
    return isinstance(x, str) and x.partition(":")[0] in DEVICES


# What PyTorch calls devices: `to("cuda")` is refused as a device, not as a dtype.
DEVICES = ("cpu", "cuda", "mps", "xpu", "xla", "meta", "hpu", "mtia", "vulkan")
