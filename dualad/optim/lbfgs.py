"""The limited-memory method of Broyden, Fletcher, Goldfarb and Shanno."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import numpy as np

from .._tensor import Tensor, enable_grad
from ._memory import gradient, writable
from ._wolfe import Point, strong_wolfe
from .optimizer import Optimizer, check_range


class LBFGS(Optimizer):
    """Quasi-Newton steps from the last `history_size` changes of the gradient.

    J. Nocedal, Math. Comp. 35 (1980). Steps and stopping rules are PyTorch's.

    Parameters
    ----------
    params : iterable of real tensors
        One group.
    lr : float
        Length of a step; with a line search, of the first that it tries.
    max_iter, max_eval : int
        Iterations, and evaluations of the closure, in one call of `step`; by default 20, and 5/4 of the former.
    tolerance_grad, tolerance_change : float
        Stop where no entry of the gradient is larger; where neither parameters nor loss change by more.
    history_size : int
    line_search_fn : None or "strong_wolfe"
    """

    def __init__(
        self,
        params,
        lr: float = 1,
        max_iter: int = 20,
        max_eval: int | None = None,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9,
        history_size: int = 100,
        line_search_fn: str | None = None,
    ):
        options = dict(
            lr=lr,
            max_iter=max_iter,
            max_eval=max_iter * 5 // 4 if max_eval is None else max_eval,
            tolerance_grad=tolerance_grad,
            tolerance_change=tolerance_change,
            history_size=history_size,
            line_search_fn=line_search_fn,
        )
        super().__init__(params, options)
        for p in self._all_params():
            if p.dtype.kind != "f":
                raise TypeError(f"LBFGS optimizes real tensors, not {p.dtype}; pass real and imaginary part")

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        if self.param_groups:
            raise ValueError("LBFGS doesn't support per-parameter options (parameter groups)")
        super().add_param_group(param_group)

    def _check(self, group: dict[str, Any]) -> None:
        check_range(group, "lr", "Invalid learning rate", 0.0)
        if group["line_search_fn"] not in (None, "strong_wolfe"):
            raise RuntimeError(f"only 'strong_wolfe' is supported, not {group['line_search_fn']!r}")

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Several iterations; returns the loss before the first of them.

        Parameters
        ----------
        closure : callable
            Clears the gradients, computes the loss, calls `backward`, returns the loss.
        """
        if closure is None:
            raise TypeError("LBFGS evaluates the loss several times in a step: step(closure) needs a closure")
        self._steps += 1
        group = self.param_groups[0]
        state = self.state[group["params"][0]]
        state.setdefault("func_evals", 0)
        state.setdefault("n_iter", 0)
        first = self._evaluate(closure)
        loss, g = float(first), self._gradient()
        evals = 1
        state["func_evals"] += 1
        if np.max(np.abs(g), initial=0.0) <= group["tolerance_grad"]:
            return first
        for k in range(1, group["max_iter"] + 1):
            state["n_iter"] += 1
            d = self._direction(state, g, group["history_size"])
            before = loss
            t = float(group["lr"])
            if state["n_iter"] == 1:
                t *= min(1.0, 1.0 / float(np.sum(np.abs(g))))
            state["d"], state["prev_flat_grad"] = d, g
            slope = float(g @ d)
            state["t"] = t
            if slope > -group["tolerance_change"]:
                break
            last = k == group["max_iter"]
            left = group["max_eval"] - evals
            loss, g, t, used = self._move(closure, d, t, loss, g, slope, group, last, left)
            evals += used
            state["func_evals"] += used
            state["t"], state["prev_loss"] = t, before
            if last or evals >= group["max_eval"] or np.max(np.abs(g)) <= group["tolerance_grad"]:
                break
            small = group["tolerance_change"]
            if np.max(np.abs(d * t)) <= small or abs(loss - before) < small:
                break
        return first

    def _move(self, closure, d, t, loss, g, slope, group, last, left):
        """Go along `d`: the loss and gradient there, the step, and the evaluations it took."""
        if group["line_search_fn"] is None:
            self._add(t, d)
            if last:  # nobody will ask for the loss
                return loss, g, t, 0
            return float(self._evaluate(closure)), self._gradient(), t, 1
        home = [writable(p).copy() for p in self._all_params()]

        def at(t):
            self._add(t, d)
            f = float(self._evaluate(closure))
            there = self._gradient()
            for p, w in zip(self._all_params(), home, strict=True):
                writable(p)[...] = w
            return Point(t, f, there, float(there @ d))

        start = Point(0.0, loss, g, slope)
        reach = float(np.max(np.abs(d)))
        point, used = strong_wolfe(at, start, t, reach, 1e-9, left)
        self._add(point.t, d)
        return point.f, point.g, point.t, used

    @staticmethod
    def _direction(state, g, history) -> np.ndarray:
        """Minus the approximate inverse Hessian times `g`, by two loops over what is remembered."""
        if state["n_iter"] == 1:
            state.update(old_dirs=[], old_stps=[], H_diag=1.0)
            return -g
        y, s = g - state["prev_flat_grad"], state["d"] * state["t"]
        curvature = float(y @ s)
        ys, ss = state["old_dirs"], state["old_stps"]
        if curvature > 1e-10:
            if len(ys) == history:
                del ys[0], ss[0]
            ys.append(y)
            ss.append(s)
            state["H_diag"] = curvature / float(y @ y)
        shares = [0.0] * len(ys)
        q = -g
        for i in reversed(range(len(ys))):
            shares[i] = float(ss[i] @ q) / float(ys[i] @ ss[i])
            q = q - shares[i] * ys[i]
        q = q * state["H_diag"]
        for y, s, share in zip(ys, ss, shares, strict=True):
            q = q + s * (share - float(y @ q) / float(y @ s))
        return q

    def _evaluate(self, closure):
        with enable_grad():
            return closure()

    def _gradient(self) -> np.ndarray:
        """All gradients, one after the other; zeros where there is none."""
        parts = [
            np.zeros(p.numel(), p.dtype) if p.grad is None else gradient(p).reshape(-1)
            for p in self._all_params()
        ]
        return np.concatenate(parts)

    def _add(self, t, d) -> None:
        """Move all parameters by `t d`."""
        k = 0
        for p in self._all_params():
            w = writable(p)
            w += t * d[k : k + w.size]
            k += w.size

    def state_dict(self) -> dict[str, Any]:
        """State of the first parameter, as PyTorch keeps it, and the options. Tensors in it are copies."""
        kept = {k: _saved(v) for k, v in self.state[self._all_params()[0]].items()}
        group = {k: v for k, v in self.param_groups[0].items() if k != "params"}
        numbers = list(range(len(self._all_params())))
        return {"state": {0: kept} if kept else {}, "param_groups": [{**deepcopy(group), "params": numbers}]}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what `state_dict` gave."""
        (theirs,) = state_dict["param_groups"]
        params = self._all_params()
        if len(theirs["params"]) != len(params):
            raise ValueError(
                "loaded state dict contains a parameter group that doesn't match the size of optimizer's group"
            )
        options = {k: v for k, v in theirs.items() if k not in ("params", "param_names")}
        self.param_groups[0].update(deepcopy(options))
        self.state.clear()
        size = sum(p.numel() for p in params)
        for kept in state_dict["state"].values():
            self.state[params[0]].update({k: _loaded(k, v, size, params[0].dtype) for k, v in kept.items()})


def _saved(v):
    if isinstance(v, list):
        return [Tensor(a) for a in v]
    return Tensor(v) if isinstance(v, np.ndarray) else v


def _loaded(key, v, size, dtype):
    """An entry of the state as it is kept: flat arrays, lists of them, numbers."""
    if isinstance(v, (list, tuple)):
        return [_loaded(key, a, size, dtype) for a in v]
    if not isinstance(v, Tensor):
        return v
    a = np.array(v.detach().numpy(), dtype=dtype)
    if a.ndim == 0:
        return a.item()
    if a.shape != (size,):
        raise ValueError(
            f"loaded state {key!r} has shape {a.shape}, the parameters have {size} entries together"
        )
    return a
