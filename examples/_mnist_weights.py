"""Weights on disk: one file for either library, without pickle, checked against the model when it is read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ._command import Problem


def save(path: Path, model: Any) -> None:
    """Write every weight of the model under its name, all or nothing."""
    import dualad

    weights = {name: weight.detach().numpy() for name, weight in model.state_dict().items()}
    try:
        dualad.save(weights, path)
    except OSError as error:
        raise Problem(f"--save {path}: {error.strerror or error}") from None


def load(path: Path, torch: Any, model: Any, made_for: str) -> None:
    """Read the weights into the model, or leave it alone and say what does not fit."""
    weights = _read(path)
    expected = {name: tuple(weight.shape) for name, weight in model.state_dict().items()}
    found = {name: weight.shape for name, weight in weights.items()}
    if expected != found:
        raise Problem(
            f"--load {path}: these are weights of another model: the file has {_listed(found)}, "
            f"but {made_for} has {_listed(expected)}"
        )
    if not all(weight.dtype.kind == "f" and np.isfinite(weight).all() for weight in weights.values()):
        raise Problem(f"--load {path}: it holds weights that are not finite numbers; take another file")
    model.load_state_dict({name: torch.tensor(weight) for name, weight in weights.items()})


def _read(path: Path) -> dict[str, np.ndarray]:
    import dualad

    try:
        weights = dualad.load(path)
    except FileNotFoundError:
        raise Problem(f"--load {path}: there is no such file") from None
    except OSError as error:
        raise Problem(f"--load {path}: cannot read it ({error.strerror or error})") from None
    except ValueError as error:
        raise Problem(f"--load {path}: {error}") from None
    if not isinstance(weights, dict):
        raise Problem(f"--load {path}: it holds a {type(weights).__name__}, not weights by name")
    return {name: _as_array(weight) for name, weight in weights.items()}


def _as_array(weight: Any) -> np.ndarray:
    return weight.numpy() if hasattr(weight, "numpy") else np.asarray(weight)


def _listed(shapes: dict[str, tuple]) -> str:
    """Names with shapes, such as ``1.weight 256x784``."""
    return ", ".join(f"{name} {'x'.join(map(str, shape))}" for name, shape in shapes.items()) or "none"
