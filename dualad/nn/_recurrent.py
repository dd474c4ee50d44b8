"""Sequences through recurrent cells, and single steps, on engine values."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..ops.linear import linear
from ..ops.lstm import lstm
from ..ops.recurrent import gru, rnn
from ..ops.sequences import sequence


def run(kind: str, x: Any, state: tuple, weights: tuple, reverse: bool = False) -> tuple[Any, tuple]:
    """The states h of all steps, side by side along time (axis 0), and the last state.

    `kind` is "tanh", "relu", "GRU" or "LSTM", `weights` are (W_ih, W_hh, b_ih, b_hh). What comes from outside is
    computed for all steps at once.
    """
    w_in, w, b_in, b = weights
    if b is not None and kind != "GRU":  # there, b is inside of a product
        b_in = b_in + b
    x = linear(x, w_in, b_in)
    if reverse:
        x = x[::-1]
    cs = None
    if kind == "LSTM":
        hs, cs, _ = sequence(lstm, x, *state, w)
    elif kind == "GRU":
        hs, _, _ = sequence(gru, x, *state, w, np.zeros(w.shape[0], w.dtype) if b is None else b)
    else:
        hs = sequence(rnn, x, *state, w, relu=kind == "relu")
    last = (hs[-1],) if cs is None else (hs[-1], cs[-1])
    return hs[::-1] if reverse else hs, last


def step(kind: str, x: Any, state: tuple, weights: tuple) -> tuple:
    """The state after one step, on (N, features) or (features,)."""
    alone = x.ndim == 1
    if alone:
        x, state = x[None], tuple(s[None] for s in state)
    _, last = run(kind, x[None], state, weights)
    return tuple(s[0] for s in last) if alone else last
