"""The base of all optimisers: parameter groups, state, and saving both.

An optimiser says how one parameter is updated (`_update`) and what its state holds; everything else is here.
State is kept in plain arrays; `state_dict` gives tensors, by parameter number, as PyTorch writes them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from copy import deepcopy
from typing import Any

import numpy as np

from .._tensor import Tensor, enable_grad
from ._memory import Scratch, gradient, writable


class Optimizer:
    """Base class.

    Parameters
    ----------
    params : iterable of tensors, of (name, tensor) pairs, or of dicts
        A dict is a group with options of its own: `{"params": …, "lr": …}`.
    defaults : dict
        Options of groups that do not say otherwise.

    Attributes
    ----------
    param_groups : list of dict
        Options, and `"params"`; may be changed between steps.
    state : dict
        By parameter, what the optimiser remembers.
    """

    def __init__(self, params: Iterable, defaults: dict[str, Any]):
        if isinstance(params, Tensor):
            raise TypeError(
                "params argument given to the optimizer should be an iterable of Tensors or dicts, but got a "
                "single Tensor: write [tensor]"
            )
        self.defaults = defaults
        self.state: dict[Tensor, dict[str, Any]] = defaultdict(dict)
        self.param_groups: list[dict[str, Any]] = []
        self._steps = 0
        self._scratch = Scratch()
        groups = list(params)
        if not groups:
            raise ValueError("optimizer got an empty parameter list")
        if not isinstance(groups[0], dict):
            groups = [{"params": groups}]
        for group in groups:
            self.add_param_group(group)

    # ---- groups -------------------------------------------------------------------------------------------

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Optimise more parameters, with options of their own."""
        if not isinstance(param_group, dict):
            raise TypeError(f"param_group must be a dict, but got {type(param_group)}")
        if isinstance(param_group["params"], (set, frozenset)):
            raise TypeError("optimizer parameters need to be organized in ordered collections, not in sets")
        params, names = _params_and_names(param_group["params"])
        group = {**self.defaults, **param_group, "params": params}
        if names:
            group["param_names"] = names
        for key, value in group.items():
            if value is REQUIRED:
                raise ValueError(
                    f"parameter group didn't specify a value of required optimization parameter {key}"
                )
        self._check(group)
        known = {id(p) for g in self.param_groups for p in g["params"]}
        if known & set(map(id, params)):
            raise ValueError("some parameters appear in more than one parameter group")
        self.param_groups.append(group)

    def _check(self, group: dict[str, Any]) -> None:
        """Refuse options out of range; subclasses add their own."""
        check_range(group, "lr", "Invalid learning rate", 0.0)
        check_range(group, "weight_decay", "Invalid weight_decay value", 0.0)

    # ---- steps --------------------------------------------------------------------------------------------

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients; with `set_to_none=False` fill them with zeros."""
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is not None:
                    p.grad = None if set_to_none else Tensor(np.zeros_like(p.grad.detach().numpy()))

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update every parameter that has a gradient.

        Parameters
        ----------
        closure : callable, optional
            Computes the loss and its gradients anew; its value is returned.
        """
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        self._steps += 1
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is not None:
                    self._update(writable(p), gradient(p), self.state[p], group)
        return loss

    def _update(self, w: np.ndarray, g: np.ndarray, state: dict[str, Any], group: dict[str, Any]) -> None:
        """Update the flat array `w` in place along the gradient `g`, and `state` with it."""
        raise NotImplementedError

    # ---- saving -------------------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """State by parameter number, and the groups' options. Tensors in it are copies."""
        numbers = {id(p): k for k, p in enumerate(self._all_params())}
        state = {
            numbers[id(p)]: {key: _shaped(value, p) for key, value in kept.items()}
            for p, kept in self.state.items()
        }
        groups = [
            {**group, "params": [numbers[id(p)] for p in group["params"]]} for group in self.param_groups
        ]
        return {"state": state, "param_groups": deepcopy(groups)}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what `state_dict` gave; arrays are copied and cast to the parameters' dtype."""
        groups = deepcopy(state_dict["param_groups"])
        if len(groups) != len(self.param_groups):
            raise ValueError("loaded state dict has a different number of parameter groups")
        for mine, theirs in zip(self.param_groups, groups, strict=True):
            if len(mine["params"]) != len(theirs["params"]):
                raise ValueError(
                    "loaded state dict contains a parameter group that doesn't match the size of optimizer's "
                    "group"
                )
        numbers = [k for group in groups for k in group["params"]]
        params = dict(zip(numbers, self._all_params(), strict=True))
        fresh: dict[Tensor, dict[str, Any]] = defaultdict(dict)
        for number, kept in state_dict["state"].items():
            p = params[number]
            fresh[p] = {key: _flat(value, p, key, number) for key, value in kept.items()}
        for mine, theirs in zip(self.param_groups, groups, strict=True):
            mine.update({key: value for key, value in theirs.items() if key not in ("params", "param_names")})
        self.state = fresh

    def _all_params(self) -> list[Tensor]:
        return [p for group in self.param_groups for p in group["params"]]

    def __getstate__(self):
        return {key: value for key, value in self.__dict__.items() if key != "_scratch"}

    def __setstate__(self, state):
        self.__dict__.update(state)
        self._scratch = Scratch()

    def __repr__(self):
        lines = [f"{type(self).__name__} ("]
        for k, group in enumerate(self.param_groups):
            lines.append(f"Parameter Group {k}")
            lines += [
                f"    {key}: {group[key]}" for key in sorted(group) if key not in ("params", "param_names")
            ]
        return "\n".join([*lines, ")"])


class REQUIRED:
    """Marks an option without a default."""


def check_range(
    group: dict[str, Any], key: str, message: str, low: float, below: float = float("inf")
) -> None:
    """Refuse an option outside of [low, below)."""
    if key in group and not low <= float(group[key]) < below:
        raise ValueError(f"{message}: {group[key]}")


def check_betas(group: dict[str, Any]) -> None:
    """Refuse decay rates of moments outside of [0, 1)."""
    for k, beta in enumerate(group["betas"]):
        if not 0.0 <= beta < 1.0:
            raise ValueError(f"Invalid beta parameter at index {k}: {beta}")


def decayed(g, w, spare, group):
    """The gradient of the block `w` with weight decay and `maximize` in it, or `g` itself."""
    decay = group["weight_decay"]
    if group["maximize"]:
        g = np.negative(g, out=spare)
        if decay:
            g += decay * w
    elif decay:
        np.multiply(w, decay, out=spare)
        g = np.add(spare, g, out=spare)
    return g


def _params_and_names(params) -> tuple[list[Tensor], list[str]]:
    items = [params] if isinstance(params, Tensor) else list(params)
    names = [item[0] for item in items if isinstance(item, tuple)]
    tensors = [item[1] if isinstance(item, tuple) else item for item in items]
    if names and len(names) != len(items):
        raise ValueError("all optimizer params should be with/without names: some are named, some are not")
    for p in tensors:
        if not isinstance(p, Tensor):
            raise TypeError(
                f"optimizer can only optimize Tensors, but one of the params is {type(p).__name__}"
            )
        if not p.is_leaf:
            raise ValueError("can't optimize a non-leaf Tensor")
    if len(set(map(id, tensors))) < len(tensors):
        raise ValueError("a parameter group contains the same parameter twice; list each parameter once")
    return tensors, names


def _shaped(value, p):
    """An array of the state as a tensor of the parameter's shape."""
    return Tensor(value.reshape(p.shape)) if isinstance(value, np.ndarray) else value


def _flat(value, p, key, number):
    """A tensor of a loaded state as a flat array of the parameter's dtype; numbers stay numbers."""
    if value is None or isinstance(value, (bool, int, float, str, tuple, list)):
        return value
    a = np.asarray(value.detach() if isinstance(value, Tensor) else value)
    if a.ndim == 0 and (p.ndim > 0 or key == "step"):
        return int(a) if key == "step" else a.item()  # PyTorch counts steps in floating point
    if a.shape != tuple(p.shape):
        raise ValueError(
            f"loaded state {key!r} of parameter {number} has shape {a.shape}, the parameter has "
            f"{tuple(p.shape)}"
        )
    return np.array(a, dtype=p.dtype, order="C").reshape(-1)
