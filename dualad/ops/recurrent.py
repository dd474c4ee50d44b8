"""Whole sequences through a recurrent cell: LSTM, GRU, and tanh or relu, each one primitive.

A step at a time, an LSTM over fifty steps is a thousand nodes on the tape. Here the evaluation is one loop over plain
arrays, and what the rules need of it, the gates, are outputs as well. These known, tangents obey a *linear* recurrence,
and cotangents its transpose, from the end:

    ḣ[t] = z[t] ḣ[t-1] + Σ d[t] (ḣ[t-1] Wᵀ) + s[t]                  (the sum over gates)
    a[t] = d[t] h̄[t] + e[t],    h̄[t-1] = z[t] h̄[t] + a[t] W + g[t-1]

and the like for the two states of an LSTM. The coefficients of all steps are computed at once, as are the gradients
of weights, by one product. These loops are written in dualad's operations: over plain arrays they are NumPy's, over
traced ones they are differentiated.

Sequences are (T, …, N, features): time, stacked models if any, rows. Weights w (…, gates · H, H) are those of the
state; what comes in, x, has been multiplied by its own. Gates lie side by side, in PyTorch's order.
"""

from __future__ import annotations

import numpy as np

from ..core.primitive import primitive
from .join import stack
from .matmul import mT
from .sequences import (
    at_once,
    batched,
    beside,
    nothing,
    parts,
    plus,
    samples,
    sigmoid_of_negative,
    states_before,
    strict,
    times,
    weight_gradient,
)

# ---- one state ----------------------------------------------------------------------------------------------


def _forth(s, dh, w, d, z=None):
    """ḣ of all steps, and before each, of sources `s` (None for none) and an initial `dh`."""
    found, before, wt, blocks = [], [], mT(w), d.shape[-1] // w.shape[-1]
    for t in range(d.shape[0]):
        before.append(dh)
        new = sum(parts(d[t] * (dh @ wt), blocks))
        new = new if z is None else new + z[t] * dh
        dh = new if s is None else new + s[t]
        found.append(dh)
    return stack(*found, axis=0), stack(*before, axis=0)


def _back(g, w, d, e=None, z=None):
    """a and h̄ of all steps, and the h̄ before the first."""
    found_a, found_h, h, blocks = [], [], nothing(d, w), d.shape[-1] // w.shape[-1]
    for t in reversed(range(d.shape[0])):
        h = h if g is None else h + g[t]
        a = d[t] * beside(*(h,) * blocks)
        a = a if e is None else a + e[t]
        found_a.append(a)
        found_h.append(h)
        h = a @ w if z is None else a @ w + z[t] * h
    return stack(*found_a[::-1], axis=0), stack(*found_h[::-1], axis=0), h


@primitive
def rnn(x, h0, w, *, relu=False):
    """h ← tanh(x[t] + h Wᵀ), or the positive part of that: the states of all steps, (T, …, N, H)."""
    hs = np.empty(x.shape, np.result_type(x, h0, w))
    wt, h = mT(w), h0
    for t in range(len(x)):
        h = np.matmul(h, wt, out=hs[t])
        h += x[t]
        np.maximum(h, 0, out=h) if relu else np.tanh(h, out=h)
    return hs


def _rnn_slopes(out, relu):
    return (out > 0).astype(out.dtype) if relu else (1 - out) * (1 + out)


def _rnn_push(dx, dh0, dw, h0, w, out, relu):
    d = _rnn_slopes(out, relu)
    e = dx if dw is None else states_before(h0, out) @ mT(dw)
    return _forth(times(d, e), nothing(d, w) if dh0 is None else dh0, w, d)[0]


def _rnn_pull(g, h0, w, out, relu):
    a, _, dh0 = _back(g, w, _rnn_slopes(out, relu))
    return {"x": a, "h0": dh0, "w": weight_gradient(a, states_before(h0, out))}


rnn.jvp(
    x=lambda dx, h0, w, out, relu: _rnn_push(dx, None, None, h0, w, out, relu),
    h0=lambda dh0, h0, w, out, relu: _rnn_push(None, dh0, None, h0, w, out, relu),
    w=lambda dw, h0, w, out, relu: _rnn_push(None, None, dw, h0, w, out, relu),
)
rnn.vjp(
    x=lambda g, h0, w, out, relu: _rnn_pull(g, h0, w, out, relu)["x"],
    h0=lambda g, h0, w, out, relu: _rnn_pull(g, h0, w, out, relu)["h0"],
    w=lambda g, h0, w, out, relu: _rnn_pull(g, h0, w, out, relu)["w"],
)


# ---- GRU ----------------------------------------------------------------------------------------------------


@primitive(multi=True)
def gru(x, h0, w, b):
    """Gates r, z and what is new: n = tanh(x + r (h Wᵀ + b)); h ← n + z (h - n). K. Cho et al. (2014).

    Returns the states (T, …, N, H), the gates r, z, n (T, …, N, 3 H), and h Wᵀ + b of n (T, …, N, H).
    """
    size, dtype = h0.shape[-1], np.result_type(x, h0, w, b)
    hs, news, gates = (np.empty((*x.shape[:-1], k * size), dtype) for k in (1, 1, 3))
    wt, b, h = mT(w), b[..., None, :], h0
    with np.errstate(over="ignore"):
        for t in range(len(x)):
            a, u = np.matmul(h, wt), gates[t]
            a += b
            news[t] = a[..., 2 * size :]
            u[...] = x[t]
            rz, n = u[..., : 2 * size], u[..., 2 * size :]
            rz += a[..., : 2 * size]
            np.negative(rz, out=rz)
            sigmoid_of_negative(rz)
            n += rz[..., :size] * news[t]
            np.tanh(n, out=n)
            step = h - n
            step *= rz[..., size:]
            h = np.add(n, step, out=hs[t])
    return hs, gates, news


def _gru_parts(h0, out):
    """Gates, slopes, coefficients: of ḣ by what stands inside the gates r, z, n."""
    hs, gates, news = out
    r, z, n = parts(gates, 3)
    before = states_before(h0, hs)
    slopes = r * (1 - r), z * (1 - z), (1 - n) * (1 + n)
    of_n = (1 - z) * slopes[2]
    return r, z, before, slopes, (of_n * news * slopes[0], (before - n) * slopes[1], of_n)


def _gru_push(dx, dh0, da, h0, w, out):
    """`da` is a tangent of h Wᵀ + b, at a fixed h."""
    r, z, _, slopes, (d_r, d_z, d_n) = _gru_parts(h0, out)
    d, wt = beside(d_r, d_z, d_n * r), mT(w)
    s = sum(parts(beside(d_r, d_z, d_n) * dx if da is None else d * da, 3)) if dh0 is None else None
    dhs, before = _forth(s, nothing(d, w) if dh0 is None else dh0, w, d, z)
    a = before @ wt if da is None else before @ wt + da
    a_r, a_z, dnews = parts(a, 3)
    x_r, x_z, x_n = (0.0,) * 3 if dx is None else parts(dx, 3)
    dr, dz = slopes[0] * (a_r + x_r), slopes[1] * (a_z + x_z)
    dn = slopes[2] * (x_n + r * dnews + out[2] * dr)
    return dhs, beside(dr, dz, dn), dnews


def _gru_pull(g, h0, w, out):
    r, z, before, slopes, (d_r, d_z, d_n) = _gru_parts(h0, out)
    g_h, g_gates, g_news = g
    of_n, e = None, None
    if g_gates is not None or g_news is not None:
        g_r, g_z, g_n = (np.zeros(r.shape, r.dtype),) * 3 if g_gates is None else parts(g_gates, 3)
        of_n = g_n * slopes[2]
        e = beside(slopes[0] * (g_r + of_n * out[2]), slopes[1] * g_z, plus(of_n * r, g_news))
    a, h, dh0 = _back(g_h, w, beside(d_r, d_z, d_n * r), e, z)
    x = beside(a[..., : 2 * w.shape[-1]], plus(d_n * h, of_n))
    return {"x": x, "h0": dh0, "w": weight_gradient(a, before), "b": a.sum(axis=(0, -2))}


gru.jvp(
    x=lambda dx, h0, w, out: _gru_push(dx, None, None, h0, w, out),
    h0=lambda dh0, h0, w, out: _gru_push(None, dh0, None, h0, w, out),
    w=lambda dw, h0, w, out: _gru_push(None, None, states_before(h0, out[0]) @ mT(dw), h0, w, out),
    b=lambda db, h0, w, out: _gru_push(None, None, db[..., None, :], h0, w, out),
)
gru.vjp(
    x=lambda g, h0, w, out: _gru_pull(g, h0, w, out)["x"],
    h0=lambda g, h0, w, out: _gru_pull(g, h0, w, out)["h0"],
    w=lambda g, h0, w, out: _gru_pull(g, h0, w, out)["w"],
    b=lambda g, h0, w, out: _gru_pull(g, h0, w, out)["b"],
)


rnn.strict(strict)
rnn.batching(lambda x, h0, w, mask, size, relu: batched(rnn, (x, h0, w), 1, mask, size, relu=relu))
samples(rnn, 1, 1, relu=(False, True))
at_once(rnn, _rnn_pull)
gru.strict(strict)
gru.batching(lambda x, h0, w, b, mask, size: batched(gru, (x, h0, w, b), 2, mask, size))
samples(gru, 3, 1, bias=True)
at_once(gru, _gru_pull)
