"""A whole sequence through an LSTM, as one primitive; see `recurrent`."""

from __future__ import annotations

import numpy as np

from ..core.primitive import primitive
from .elementary import tanh
from .join import stack
from .matmul import mT
from .sequences import (
    at_once,
    batched,
    beside,
    nothing,
    parts,
    samples,
    sigmoid_of_negative,
    states_before,
    strict,
    times,
    weight_gradient,
)

ndarray = np.ndarray


@primitive(multi=True)
def lstm(x, h0, c0, w):
    """Gates i, f, o and what is written, u: c ← f c + i u, h ← o tanh(c).

    S. Hochreiter and J. Schmidhuber (1997), with the forget gate of F. Gers et al. (2000). Returns the states h and c
    of all steps, (T, …, N, H), and the gates i, f, u, o (T, …, N, 4 H).
    """
    size, dtype = h0.shape[-1], np.result_type(x, h0, c0, w)
    hs, cs, gates = (np.empty((*x.shape[:-1], k * size), dtype) for k in (1, 1, 4))
    minus_wt, h, c = np.ascontiguousarray(-mT(w)), h0, c0
    with np.errstate(over="ignore"):
        for t in range(len(x)):
            v = np.matmul(h, minus_wt, out=gates[t])
            v -= x[t]
            i, f, u, o = parts(v, 4)
            written = np.tanh(u)
            sigmoid_of_negative(v)
            np.negative(written, out=u)
            c = np.multiply(f, c, out=cs[t])
            written *= i
            c -= written
            h = np.tanh(c, out=hs[t])
            h *= o
    return hs, cs, gates


def _lstm_parts(c0, out):
    """Slopes of the gates; coefficients d of ċ (of i, f, u) and ḣ (of o), and of ḣ by ċ."""
    _, cs, gates = out
    i, _, u, o = parts(gates, 4)
    s_i, s_f, _, s_o = parts(gates * (1 - gates), 4)
    squashed = np.tanh(cs) if type(cs) is ndarray else tanh(cs)
    slopes = beside(s_i, s_f, (1 - u) * (1 + u), s_o)
    return slopes, slopes * beside(u, states_before(c0, cs), i, squashed), o * (1 - squashed) * (1 + squashed)


def _lstm_push(e, dh, dc, c0, w, out):
    """`e`: a tangent of what stands inside the gates, with h fixed."""
    slopes, d, q = _lstm_parts(c0, out)
    f = parts(out[2], 4)[1]
    dh = nothing(d, w) if dh is None else dh
    dc = nothing(d, w) if dc is None else dc
    hs, cs, insides, wt = [], [], [], mT(w)
    for t in range(d.shape[0]):
        a = dh @ wt if e is None else dh @ wt + e[t]
        i, kept, u, o = parts(d[t] * a, 4)
        dc = f[t] * dc + i + kept + u
        dh = q[t] * dc + o
        for row, v in ((hs, dh), (cs, dc), (insides, a)):
            row.append(v)
    return stack(*hs, axis=0), stack(*cs, axis=0), slopes * stack(*insides, axis=0)


def _lstm_pull(g, h0, c0, w, out):
    if g[2] is None and all(p is None or type(p) is ndarray for p in (*g, h0, c0, w, *out)):
        a, h, c = _lstm_back(g, c0, w, out)
    else:
        a, h, c = _lstm_back_traced(g, c0, w, out)
    return {"x": a, "h0": h, "c0": c, "w": weight_gradient(a, states_before(h0, out[0]))}


def _lstm_back(g, c0, w, out):
    """`_lstm_back_traced` for plain arrays: coefficients a step at a time, in the place of the cotangents."""
    (g_h, g_c, _), (_, cs, gates) = g, out
    a, h, c = np.empty_like(gates), np.zeros_like(cs[0]), np.zeros_like(cs[0])
    for t in reversed(range(len(gates))):
        v = gates[t]
        i, f, u, o = parts(v, 4)
        coefficients = np.subtract(1, v, out=a[t])
        coefficients *= v
        d_i, d_f, d_u, d_o = parts(coefficients, 4)
        if g_h is not None:
            h += g_h[t]
        squashed = np.tanh(cs[t])
        d_o *= squashed
        d_o *= h
        h *= o
        h *= 1 - squashed
        squashed += 1
        h *= squashed
        c += h
        if g_c is not None:
            c += g_c[t]
        d_i *= u
        d_i *= c
        d_f *= cs[t - 1] if t else c0
        d_f *= c
        np.subtract(1, u, out=d_u)
        d_u *= 1 + u
        d_u *= i
        d_u *= c
        c *= f
        h = np.matmul(coefficients, w, out=h)
    return a, h, c


def _lstm_back_traced(g, c0, w, out):
    slopes, d, q = _lstm_parts(c0, out)
    f = parts(out[2], 4)[1]
    g_h, g_c, g_gates = g
    e = times(slopes, g_gates)
    found, h, c = [], nothing(d, w), nothing(d, w)
    for t in reversed(range(d.shape[0])):
        h = h if g_h is None else h + g_h[t]
        c = c + q[t] * h if g_c is None else c + q[t] * h + g_c[t]
        a = d[t] * beside(c, c, c, h)
        a = a if e is None else a + e[t]
        found.append(a)
        h, c = a @ w, c * f[t]
    return stack(*found[::-1], axis=0), h, c


lstm.jvp(
    x=lambda dx, c0, w, out: _lstm_push(dx, None, None, c0, w, out),
    h0=lambda dh0, c0, w, out: _lstm_push(None, dh0, None, c0, w, out),
    c0=lambda dc0, c0, w, out: _lstm_push(None, None, dc0, c0, w, out),
    w=lambda dw, h0, c0, w, out: _lstm_push(states_before(h0, out[0]) @ mT(dw), None, None, c0, w, out),
)
lstm.vjp(
    x=lambda g, h0, c0, w, out: _lstm_pull(g, h0, c0, w, out)["x"],
    h0=lambda g, h0, c0, w, out: _lstm_pull(g, h0, c0, w, out)["h0"],
    c0=lambda g, h0, c0, w, out: _lstm_pull(g, h0, c0, w, out)["c0"],
    w=lambda g, h0, c0, w, out: _lstm_pull(g, h0, c0, w, out)["w"],
)


lstm.strict(strict)
lstm.batching(lambda x, h0, c0, w, mask, size: batched(lstm, (x, h0, c0, w), 1, mask, size))
samples(lstm, 4, 2)
at_once(lstm, _lstm_pull)
