"""`trace`: the program of primitives that a function is."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable

import numpy as np

from ..core.linear import Slot
from ..core.space import space_of
from ..core.trace import Box, Const, settled, snapshot
from ..core.tree import tree_flatten
from ..transforms._run import as_output, run
from .paths import name_leaves
from .program import Leaf, Program
from .recorder import Recorder


def trace(f: Callable) -> Callable:
    """Function that returns, instead of the result of `f`, the program of primitives that computes it.

    Parameters
    ----------
    f : callable
        Takes and returns pytrees, tensors and modules. It may be a transformed function:
        `dualad.trace(dualad.grad(f))` shows the program of the gradient.

    Returns
    -------
    callable
        `trace(f)(*args)` runs `f` once, on these values, and gives a `Program`: it prints as a listing with
        shapes, bytes and the user's lines; `mermaid()` and `dot()` draw it, `cost()` adds it up, and calling it
        runs it again.

    Notes
    -----
    Arrays, NumPy scalars, Python floats and complex numbers are inputs of the program; Python integers, booleans and
    everything else are constants of it. The values are concrete, so Python's branches work; each value that Python
    looked at is noted in the listing.

    Examples
    --------
    >>> import numpy as np, dualad
    >>> program = dualad.trace(lambda x: np.sum(np.sin(x)))(np.zeros(3))
    >>> [equation.name for equation in program.equations]
    ['sin', 'sum']
    """

    @functools.wraps(f)
    def traced(*args, **kwargs) -> Program:
        leaves, indef = tree_flatten((args, kwargs))
        recorder = Recorder(sys._getframe())
        inputs = [
            _input(x, path, recorder) for x, path in zip(leaves, name_leaves(f, args, kwargs), strict=True)
        ]
        given, keywords = indef.unflatten(x for x, _ in inputs)
        out = run(recorder, f, given, keywords)
        outs, outdef = tree_flatten(out)
        outputs = [_output(as_output(o), recorder) for o in outs]
        name = getattr(f, "__name__", type(f).__name__)
        recorder.outside = None
        return Program(name, [leaf for _, leaf in inputs], indef, recorder, outputs, outdef)

    return traced


def _input(x, path, recorder):
    if isinstance(x, Box):
        x = settled(x)
        x = x.value if type(x) is Const else snapshot(x)
    elif isinstance(x, (float, complex)) and not isinstance(x, np.generic):
        x = np.asarray(x)
    elif not isinstance(x, (np.ndarray, np.generic)) or x.dtype.kind not in "fciub":
        return x, Leaf(path, None, None, x)
    x = x.copy() if isinstance(x, np.ndarray) else x
    box = recorder.box(x)
    return box, Leaf(path, box.aux, space_of(x), None)


def _output(o, recorder):
    if isinstance(o, Box):
        o = settled(o)
        if o.owner is recorder:
            return Slot(o.aux)
        return o.value if type(o) is Const else snapshot(o)
    return o
