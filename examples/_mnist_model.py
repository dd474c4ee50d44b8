"""The two models, the optimisers, and the library they are made with: `dualad`, or `torch`.

The two have one interface here. Everything below an ``import dualad as torch`` or an ``import torch`` reads
the same, so the library is handed in, under the name `torch`.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any

from ._command import Problem


def library(name: str) -> ModuleType:
    """``import dualad as torch``, or ``import torch``."""
    if name == "dualad":
        import dualad as torch
    else:
        try:
            import torch
        except ImportError:
            raise Problem("--backend torch needs PyTorch: pip install torch, or leave it out") from None
    return torch


def build(torch: Any, kind: str, side: int, seed: int) -> Any:
    """A model for images of shape (1, side, side) and ten classes.

    The initial weights are dualad's from this seed, in either library.
    """
    import dualad

    dualad.manual_seed(seed)
    model = _MODELS[kind](dualad.nn, side)
    if torch is dualad:
        return model
    twin = _MODELS[kind](torch.nn, side)
    twin.load_state_dict({name: torch.tensor(w.numpy()) for name, w in model.state_dict().items()})
    return twin


def _linear(nn: Any, side: int) -> Any:
    first, second = (256, 128) if side > 8 else (128, 64)
    return nn.Sequential(
        nn.Flatten(),
        nn.Linear(side * side, first),
        nn.ReLU(),
        nn.Linear(first, second),
        nn.ReLU(),
        nn.Linear(second, 10),
    )


def _conv(nn: Any, side: int) -> Any:
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(32 * (side // 4) ** 2, 10),
    )


_MODELS = {"linear": _linear, "conv": _conv}


def build_optimizer(torch: Any, name: str, parameters: Any, lr: float) -> Any:
    """The optimiser of this name over these parameters."""
    if name == "sgd":
        return torch.optim.SGD(parameters, lr=lr, momentum=0.9)
    return {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[name](parameters, lr=lr)


def parameter_count(model: Any) -> int:
    """How many numbers the model learns."""
    return sum(parameter.numel() for parameter in model.parameters())
