"""Hypothesis strategies (C11): random calls of a primitive. Needs the `hypothesis` package.

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
