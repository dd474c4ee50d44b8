"""Hypothesis strategies (C11): random calls of a primitive. Needs the `hypothesis` package.

    @given(calls_of(REGISTRY["multiply"]))
    def test(call): ...
"""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from .samples import LAYOUTS, Call, domains, draw


@st.composite
def calls_of(draw_from, prim) -> Call:
    """A call of an elementwise primitive on random broadcastable shapes, of another one on fresh samples; in
    random layouts and precisions."""
    rng = np.random.default_rng(draw_from(st.integers(0, 2**32 - 1)))
    if prim.elementwise:
        n = len(prim.args)
        shapes = draw_from(hnp.mutually_broadcastable_shapes(num_shapes=n, max_dims=4, max_side=4, min_side=0))
        args = [draw(rng, s, *d) for s, d in zip(shapes.input_shapes, domains(prim), strict=True)]
        call = Call(prim, args)
    else:
        made = list(prim.samples(rng))
        s = made[draw_from(st.integers(0, len(made) - 1))]
        call = Call(prim, s.args, s.params, smooth=s.smooth, complex=s.complex)
    layout = draw_from(st.sampled_from([None, *LAYOUTS]))
    if layout is not None:
        arrays = [LAYOUTS[layout](np.asarray(a)) for a in call.args]
        call = Call(prim, arrays, call.params, layout, call.smooth, call.complex)
    return call
