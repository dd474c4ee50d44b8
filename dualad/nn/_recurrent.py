"""Steps of recurrent cells, and sequences of them, on engine values."""

from __future__ import annotations

from typing import Any

from ..ops.linear import linear
from ._engine import op


def rnn_step(nonlinearity):
    """h ← tanh (or relu) of what comes in, plus W h + b."""
    f = {"tanh": op.tanh, "relu": op.relu}[nonlinearity]

    def step(x, state, w, b):
        h = f(x + linear(state[0], w, b))
        return (h,)

    return step


def lstm_step(x, state, w, b):
    """i, f, o gates, g what is written: c ← f c + i g, h ← o tanh(c).

    S. Hochreiter and J. Schmidhuber (1997), with the forget gate of F. Gers et al. (2000).
    """
    h, c = state
    i, f, g, o = _parts(x + linear(h, w, b), 4)
    c = op.expit(f) * c + op.expit(i) * op.tanh(g)
    return op.expit(o) * op.tanh(c), c


def gru_step(x, state, w, b):
    """r, z gates, n what is new: h ← (1 - z) n + z h, with n = tanh(x + r (W h + b)). K. Cho et al. (2014)."""
    (h,) = state
    xr, xz, xn = _parts(x, 3)
    hr, hz, hn = _parts(linear(h, w, b), 3)
    z = op.expit(xz + hz)
    n = op.tanh(xn + op.expit(xr + hr) * hn)
    return (n + z * (h - n),)


def _parts(v, n):
    """The n equal parts of the last axis."""
    size = v.shape[-1] // n
    return [v[..., k * size : (k + 1) * size] for k in range(n)]


def run(step: Any, x: Any, state: tuple, weights: tuple, reverse: bool) -> tuple[Any, tuple]:
    """The states h of all steps, side by side along time (axis 0), and the last state.

    `weights` are (W_ih, W_hh, b_ih, b_hh). What comes from outside is computed for all steps at once.
    """
    w_in, w, b_in, b = weights
    x = linear(x, w_in, b_in)
    times = range(x.shape[0])
    hs = []
    for t in reversed(times) if reverse else times:
        state = step(x[t], state, w, b)
        hs.append(state[0])
    return op.stack(*(hs[::-1] if reverse else hs), axis=0), state
