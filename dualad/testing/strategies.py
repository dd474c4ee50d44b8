"""Hypothesis strategies: arrays for tests of derivatives, and random calls of a primitive (C11). Needs `hypothesis`.

`@given(calls_of(REGISTRY["multiply"]))` gives a test its calls.
"""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from .samples import LAYOUTS, Call, domains, draw, of_sample


@st.composite
def calls_of(draw_from, prim) -> Call:
    """A call of an elementwise primitive on random broadcastable shapes, of another one on fresh samples; in
    random layouts."""
    rng = np.random.default_rng(draw_from(st.integers(0, 2**32 - 1)))
    if prim.domain is not None:
        n = len(prim.args)
        shapes = draw_from(
            hnp.mutually_broadcastable_shapes(num_shapes=n, max_dims=4, max_side=4, min_side=0)
        )
        args = [draw(rng, s, *d) for s, d in zip(shapes.input_shapes, domains(prim), strict=True)]
        call = Call(prim, args)
    else:
        made = list(prim.samples(rng))
        call = of_sample(prim, made[draw_from(st.integers(0, len(made) - 1))])
    layout = draw_from(st.sampled_from([None, *LAYOUTS]))
    if layout is not None:
        call = call.with_args([LAYOUTS[layout](np.asarray(a)) for a in call.args], layout)
    return call


# ---- for functions of one's own -------------------------------------------------------------------------


@st.composite
def arrays(
    draw_from, shape=None, *, low=-2.0, high=2.0, away_from=(), gap=0.05, distinct=True, dtype=np.float64
) -> np.ndarray:
    """Arrays on which derivatives can be judged: of moderate size, and away from kinks.

    Parameters
    ----------
    shape : tuple, or strategy of tuples, optional
        By default up to three axes of one to four entries.
    low, high : float
    away_from : numbers
        Kinks: every entry is at least `gap` away from each.
    gap : float
    distinct : bool
        Whether any two entries differ by a stratum's share of the interval, so that maxima and sorting have no ties.
    dtype : floating or complex dtype
        Of a complex one, real and imaginary parts are drawn alike.
    """
    if shape is None:
        shape = draw_from(shapes())
    elif isinstance(shape, st.SearchStrategy):
        shape = draw_from(shape)
    rng = np.random.default_rng(draw_from(st.integers(0, 2**32 - 1)))
    part = _entries(rng, shape, low, high, away_from, gap, distinct)
    if np.dtype(dtype).kind == "c":
        return (part + 1j * _entries(rng, shape, low, high, away_from, gap, distinct)).astype(dtype)
    return part.astype(dtype)


def _entries(rng, shape, low, high, away_from, gap, distinct):
    x = draw(rng, shape, low, high) if distinct else rng.uniform(low, high, shape)
    for kink in away_from:
        near = np.abs(x - kink) < gap
        x = np.where(near, kink + np.where(x < kink, -1, 1) * (gap + np.abs(x - kink)), x)
    return np.asarray(x)


def shapes(max_dims: int = 3, max_side: int = 4):
    """Shapes without empty axes."""
    return hnp.array_shapes(min_dims=0, max_dims=max_dims, min_side=1, max_side=max_side)


def pytrees(leaves=None, max_leaves: int = 4):
    """Nested tuples, lists and dicts of `leaves`, by default of `arrays()`."""
    leaves = arrays() if leaves is None else leaves
    keys = st.sampled_from(["a", "b", "w"])
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.lists(inner, min_size=1, max_size=2),
            st.tuples(inner, inner),
            st.dictionaries(keys, inner, min_size=1, max_size=2),
        ),
        max_leaves=max_leaves,
    )


def matrices(n=None, *, kind: str = "well-conditioned"):
    """Square matrices with a condition number below fifty: "well-conditioned", "symmetric" or "positive"."""
    if kind not in ("well-conditioned", "symmetric", "positive"):
        raise ValueError(f"kind is 'well-conditioned', 'symmetric' or 'positive', not {kind!r}")

    @st.composite
    def made(draw_from):
        size = draw_from(st.integers(1, 5)) if n is None else n
        rng = np.random.default_rng(draw_from(st.integers(0, 2**32 - 1)))
        q, r = (np.linalg.qr(rng.normal(size=(size, size)))[0] for _ in range(2))
        values = draw(rng, (size,), 0.5, 5.0)
        if kind == "well-conditioned":
            return q * values @ r
        signs = rng.choice([-1.0, 1.0], size) if kind == "symmetric" else 1.0
        a = q * (values * signs) @ q.T
        return (a + a.T) / 2

    return made()
