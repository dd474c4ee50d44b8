"""Sequences through recurrent cells: against single steps of other primitives; padding; one sweep for all arguments."""

import numpy as np
import pytest
import scipy.special

import dualad
import dualad.numpy as dnp
from dualad.ops.elementary import expit
from dualad.ops.lstm import _lstm_back, _lstm_back_traced, lstm
from dualad.ops.recurrent import gru, rnn
from dualad.ops.sequences import pull_at_once, sequence

RNG = np.random.default_rng(0)


def made(gates, states, steps=4, rows=3, size=2, bias=False):
    shapes = [
        (steps, rows, gates * size),
        *[(rows, size)] * states,
        (gates * size, size),
        *[(gates * size,)] * bias,
    ]
    return [RNG.normal(size=s) for s in shapes]


def parts(v, n):
    return [v[:, k * 2 : k * 2 + 2] for k in range(n)]


def lstm_by_steps(x, h, c, w):
    hs = []
    for t in range(4):
        i, f, u, o = parts(x[t] + h @ w.T, 4)
        c = expit(f) * c + expit(i) * np.tanh(u)
        h = expit(o) * np.tanh(c)
        hs.append(h)
    return dnp.stack(hs)


def gru_by_steps(x, h, w, b):
    hs = []
    for t in range(4):
        (xr, xz, xn), (r, z, n) = parts(x[t], 3), parts(h @ w.T + b, 3)
        z, n = expit(xz + z), np.tanh(xn + expit(xr + r) * n)
        h = n + z * (h - n)
        hs.append(h)
    return dnp.stack(hs)


def rnn_by_steps(x, h, w):
    hs = []
    for t in range(4):
        h = np.tanh(x[t] + h @ w.T)
        hs.append(h)
    return dnp.stack(hs)


CASES = {
    "lstm": (lambda *a: sequence(lstm, *a)[0], lstm_by_steps, made(4, 2)),
    "gru": (lambda *a: sequence(gru, *a)[0], gru_by_steps, made(3, 1, bias=True)),
    "rnn": (lambda *a: sequence(rnn, *a), rnn_by_steps, made(1, 1)),
}
cases = pytest.mark.parametrize("name", CASES)


def close(got, want, rtol=1e-11):
    assert len(got) == len(want)
    for g, w in zip(got, want, strict=True):
        np.testing.assert_allclose(g, w, rtol=rtol, atol=1e-13)


@cases
def test_values_and_derivatives_are_those_of_single_steps(name):
    whole, steps, args = CASES[name]
    every = tuple(range(len(args)))
    weights = RNG.normal(size=(4, 3, 2))
    np.testing.assert_allclose(whole(*args), steps(*args), rtol=1e-13)
    loss = lambda f: lambda *a: (weights * f(*a) ** 2).sum()
    close(dualad.grad(loss(whole), every)(*args), dualad.grad(loss(steps), every)(*args))
    moves = tuple(RNG.normal(size=a.shape) for a in args)
    twice = lambda f: dualad.grad(lambda *a: dualad.jvp(dualad.grad(loss(f), 0), a, moves)[1].sum(), every)(
        *args
    )
    close(twice(whole), twice(steps), 1e-9)


@cases
def test_create_graph(name):
    whole, steps, args = CASES[name]

    def second(f):
        leaves = [dualad.tensor(a, requires_grad=True) for a in args]
        out = dualad.autograd.grad(
            (dualad.tensor(1.0) * wrapped(f, leaves) ** 2).sum(), leaves, create_graph=True
        )
        sum((g * g).sum() for g in out).backward()
        return [leaf.grad.numpy() for leaf in leaves]

    close(second(whole), second(steps), 1e-9)


def wrapped(f, leaves):
    from dualad.nn._engine import value, wrap

    return wrap(f(*map(value, leaves)))


def test_one_sweep_gives_all_cotangents(monkeypatch):
    import dualad.ops.sequences as sequences

    calls = []
    pull = sequences._ALL["lstm"]
    monkeypatch.setitem(sequences._ALL, "lstm", lambda *a, **k: calls.append(1) or pull(*a, **k))
    whole, _, args = CASES["lstm"]
    dualad.grad(lambda *a: whole(*a).sum(), (0, 1, 2, 3))(*args)
    assert calls == [1] and callable(pull_at_once.replay)


def test_both_ways_back_of_an_lstm():
    x, h0, c0, w = CASES["lstm"][2]
    out = lstm(x, h0, c0, w)
    for g in ((RNG.normal(size=(4, 3, 2)), None, None), (None, RNG.normal(size=(4, 3, 2)), None)):
        close(_lstm_back(g, c0, w, out), _lstm_back_traced(g, c0, w, out), 1e-13)


@cases
def test_padding_that_nobody_reads_may_be_anything(name):
    whole, _, args = CASES[name]
    every = tuple(range(len(args)))
    read = np.array([[1, 1, 0]] * 2 + [[1, 0, 0]] * 2, bool)[
        ..., None
    ]  # the third row never, the second half of the time
    loss = lambda *a: np.where(read, whole(*a), 0.0).sum()
    want = dualad.grad(loss, every)(*args)
    broken = np.where(read, args[0], np.nan)
    got = dualad.grad(loss, every)(broken, *args[1:])
    close(got, want)
    assert not got[0][:, 2].any()


@cases
def test_weights_of_their_own_for_each_row_of_a_vmap(name):
    whole, _, args = CASES[name]
    many = [np.stack([a, 0.5 * a]) for a in args]
    got = dualad.vmap(dualad.grad(lambda *a: (whole(*a) ** 2).sum(), tuple(range(len(args)))))(*many)
    for k in range(2):
        row = [m[k] for m in many]
        close(
            [g[k] for g in got], dualad.grad(lambda *a: (whole(*a) ** 2).sum(), tuple(range(len(args))))(*row)
        )


def test_far_tails_of_gates():
    x = np.array([[[-300.0, -800.0, 0.5, 800.0]]])
    i, _, _, o = lstm(x, np.zeros((1, 1)), np.zeros((1, 1)), np.zeros((4, 1)))[2][0, 0][[0, 1, 2, 3]]
    np.testing.assert_allclose([i, o], [scipy.special.expit(-300.0), 1.0], rtol=1e-13)


def test_single_precision_stays():
    args = [a.astype(np.float32) for a in CASES["lstm"][2]]
    assert all(o.dtype == np.float32 for o in lstm(*args))
    assert all(g.dtype == np.float32 for g in dualad.grad(lambda *a: lstm(*a)[0].sum(), (0, 1, 2, 3))(*args))
