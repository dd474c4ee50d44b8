"""Checks of your own function: each engine against numbers, and the engines against each other.

    from dualad.testing import check_grads
    check_grads(f, (x, y), order=2)

`f` takes and returns pytrees of arrays. A check returns nothing when all is well and raises
`DerivativeMismatch` otherwise: it names the leaf and the entry, what the engine gave, and what numbers
say with their own error estimate. Where the numbers do not converge (a kink, a jump, noise, a function
that draws random numbers) it raises `Inconclusive`: a check that proves nothing must not pass.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

import numpy as np

from ..core.space import space_of
from ..core.tree import TreeDef, tree_flatten
from ..transforms.differences import richardson
from ..transforms.forward import jvp
from ..transforms.reverse import vjp
from .probe import inner

RTOL = {8: 1e-7, 16: 1e-7, 4: 2e-3}  # by the bytes of a real number in the leaf
SURE = 1e-4  # relative error of the numbers beyond which they prove nothing
ENTRIES = 64  # entries of a leaf that `check_vjp` tries one by one


class DerivativeMismatch(AssertionError):
    """A derivative is not what numbers, or the other engine, say.

    Attributes
    ----------
    leaf : str, which leaf of the arguments or of the output
    index : tuple of int, the entry in it
    got, expected, error : the engine's number, the witness's, and the witness's own error estimate
    """

    def __init__(self, text, leaf="", index=(), got=None, expected=None, error=None):
        super().__init__(text)
        self.leaf, self.index = leaf, index
        self.got, self.expected, self.error = got, expected, error


class Inconclusive(DerivativeMismatch):
    """The numbers do not converge, so nothing has been shown."""


def check_jvp(f: Callable, args: tuple, *, atol=None, rtol=None, eps=None, seed: int = 0) -> None:
    """The forward engine against numbers, along a random direction.

    Parameters
    ----------
    f : callable
        Takes `args` as positional arguments; returns a pytree of arrays.
    args : tuple of pytrees of arrays
        Floating-point and complex leaves are differentiated, others are constants.
    atol, rtol : float, optional
        Allowed beside ten times the error estimate of the numbers; `rtol` relative to the largest entry of a
        leaf, by default 1e-7 in float64 and 2e-3 in float32.
    eps : float, optional
        The largest step of the differences; chosen by the size of the arguments if not given.
    seed : int
        Of the random directions.

    Raises
    ------
    DerivativeMismatch, Inconclusive
    """
    args = tuple(args)
    rng = np.random.default_rng(seed)
    dxs = _random(rng, args)
    got = jvp(f, args, dxs)[1]
    want, error = richardson(f, args, dxs, eps=eps)
    names = paths(got, "output")
    leaves = zip(names, *(tree_flatten(t)[0] for t in (got, want, error)), strict=True)
    for name, a, b, e in leaves:
        if np.asarray(a).dtype.kind in "fc":
            _compare("jvp", f"the tangent of {name}", name, a, b, e, atol, rtol)


def check_vjp(f: Callable, args: tuple, *, atol=None, rtol=None, eps=None, seed: int = 0) -> None:
    """The reverse engine against numbers: the gradient of ⟨g, f⟩ for a random g, entry by entry.

    Of a leaf with more than 64 entries, 64 are tried one by one, and the whole along a random direction.
    The parameters and errors are those of `check_jvp`.
    """
    args = tuple(args)
    rng = np.random.default_rng(seed)
    out, pullback = vjp(f, *args)
    gs = _random(rng, out)
    weights = tree_flatten(gs, is_leaf=_is_none)[0]

    def scalar(*xs):
        pairs = zip(weights, tree_flatten(f(*xs))[0], strict=True)
        return sum(np.sum((g * np.asarray(o)).real) for g, o in pairs if g is not None)

    leaves, treedef = tree_flatten(args)
    found = tree_flatten(pullback(gs), is_leaf=_is_none)[0]
    for k, (name, x, g) in enumerate(zip(paths(args, "args"), leaves, found, strict=True)):
        if g is not None:
            line = _Line(scalar, treedef, leaves, k, eps)
            _entries(line, name, np.asarray(x), np.asarray(g), rng, atol, rtol)


class _Line:
    """Derivatives of a scalar function of a pytree along directions in one leaf."""

    def __init__(self, scalar, treedef, leaves, k, eps):
        self.scalar, self.treedef, self.leaves, self.k, self.eps = scalar, treedef, leaves, k, eps

    def along(self, direction):
        moves = [None] * len(self.leaves)
        moves[self.k] = direction
        d, e = richardson(self.of_leaves, tuple(self.leaves), tuple(moves), eps=self.eps)
        return float(d), float(e)

    def of_leaves(self, *leaves):
        return self.scalar(*self.treedef.unflatten(leaves))


def _entries(line, name, x, g, rng, atol, rtol):
    scale = float(np.max(np.abs(x), initial=0.0)) or 1.0
    chosen = range(x.size) if x.size <= ENTRIES else rng.choice(x.size, ENTRIES, replace=False)
    want, error = np.array(g.astype(np.result_type(g.dtype, float))), np.zeros(g.shape)
    for flat in chosen:
        i = np.unravel_index(int(flat), x.shape)
        unit = np.zeros(x.shape, np.result_type(x.dtype, float))
        unit[i] = scale
        d, e = line.along(unit)
        if x.dtype.kind == "c":
            across, more = line.along(1j * unit)
            d, e = d - 1j * across, e + more
        want[i], error[i] = d / scale, e / scale
    _compare("vjp", f"the cotangent of {name}", name, g, want, error, atol, rtol)
    if x.size > ENTRIES:
        v = np.asarray(scale * rng.normal(size=x.shape), want.dtype)
        (got, size), (d, e) = inner([g], [v]), line.along(v)
        allowed = 10 * e + _rtol(rtol, g) * size + (atol or 0.0)
        if not abs(got - d) <= allowed:
            raise DerivativeMismatch(
                f"vjp: the cotangent of {name} gives {got:.10g} along a random direction, numbers give "
                f"{d:.10g} ± {e:.0e}; none of {ENTRIES} entries tried alone is wrong",
                name,
                (),
                got,
                d,
                e,
            )


def check_duality(f: Callable, args: tuple, *, rtol=None, seed: int = 0) -> None:
    """The two engines against each other: Re⟨g, J dx⟩ = Re⟨Jᵀ g, dx⟩ for random g and dx.

    It needs no differences, holds at kinks as well, and finds every mistake that only one engine makes.
    Mistakes in both (of the same rule, written twice) it cannot see; `check_jvp` can. The parameters are
    those of `check_jvp`; `rtol` is relative to the sum of the magnitudes of the terms: 1e-11, in float32
    1e-4.
    """
    args = tuple(args)
    rng = np.random.default_rng(seed)
    dxs = _random(rng, args)
    out, pullback = vjp(f, *args)
    gs = _random(rng, out)
    left = _inner(gs, jvp(f, args, dxs)[1])
    right = _inner(pullback(gs), dxs)
    single = any(_bytes(x) == 4 for x in tree_flatten((args, out))[0])
    allowed = rtol if rtol is not None else (1e-4 if single else 1e-11)
    if not abs(left[0] - right[0]) <= allowed * (left[1] + right[1]):
        raise DerivativeMismatch(
            f"the engines disagree: forward gives ⟨g, J dx⟩ = {left[0]:.12g}, "
            f"reverse ⟨Jᵀ g, dx⟩ = {right[0]:.12g}. check_jvp and check_vjp tell which of them is wrong.",
            got=right[0],
            expected=left[0],
        )


def check_grads(
    f: Callable,
    args: tuple,
    order: int = 2,
    modes=("fwd", "rev"),
    atol=None,
    rtol=None,
    eps=None,
    seed: int = 0,
) -> None:
    """All derivatives up to an order, in the modes asked for and all their mixtures.

    Parameters
    ----------
    f, args, atol, rtol, eps, seed : as in `check_jvp`
    order : int
        2 tries first and second derivatives.
    modes : "fwd", "rev" or both
        With both, first derivatives are compared with each other as well.

    Raises
    ------
    DerivativeMismatch, Inconclusive
    """
    modes = (modes,) if isinstance(modes, str) else tuple(modes)
    if not modes or set(modes) - {"fwd", "rev"}:
        raise ValueError(f"modes are 'fwd' and 'rev'; given {modes}")
    _check_order(f, tuple(args), order, modes, dict(atol=atol, rtol=rtol, eps=eps), seed, "")


def _check_order(f, args, order, modes, options, seed, made):
    try:
        if "fwd" in modes:
            check_jvp(f, args, **options, seed=seed)
        if "rev" in modes:
            check_vjp(f, args, **options, seed=seed)
        if len(modes) == 2:
            check_duality(f, args, seed=seed)
    except DerivativeMismatch as error:
        if made:
            error.args = (f"derivative of the {made} of f: {error}",)
        raise
    if order <= 1:
        return
    rng = np.random.default_rng(seed + order)
    dxs, gs = _random(rng, args), _random(rng, jvp(f, args, _random(rng, args))[0])
    inner_functions = {
        "fwd": lambda *xs: jvp(f, xs, dxs)[1],
        "rev": lambda *xs: _named(xs, vjp(f, *xs)[1](gs)),
    }
    for mode in modes:
        name = {"fwd": "jvp", "rev": "vjp"}[mode] + (f" of the {made}" if made else "")
        _check_order(inner_functions[mode], args, order - 1, modes, options, seed + 1, name)


def _named(xs, cotangents):
    """Cotangents by the name of their leaf; those of integers are left out."""
    found = zip(paths(xs, "args"), tree_flatten(cotangents, is_leaf=_is_none)[0], strict=True)
    return {name: g for name, g in found if g is not None}


# ---- trees ----------------------------------------------------------------------------------------


def paths(tree, root: str) -> list[str]:
    """How to write each leaf of a pytree: `args[0]['w']`."""
    return list(_paths(tree_flatten(tree)[1], tree, root))


def _paths(treedef: TreeDef, tree, path):
    if not treedef.children:
        yield from [path] * treedef.num_leaves
        return
    fields = getattr(tree, "_fields", None)
    if isinstance(tree, dict):
        names = [(f"{path}[{k!r}]", tree[k]) for k in _dict_keys(treedef)]
    elif isinstance(tree, (tuple, list)):
        names = [(f"{path}.{fields[k]}" if fields else f"{path}[{k}]", c) for k, c in enumerate(tree)]
    else:
        names = [(f"{path}.<{k}>", None) for k in range(len(treedef.children))]
    for child, (name, sub) in zip(treedef.children, names, strict=True):
        yield from _paths(child, sub, name)


def _dict_keys(treedef):
    """The keys in the order of the leaves; a defaultdict keeps its factory beside them."""
    return treedef.aux[1] if treedef.kind is defaultdict else treedef.aux


def _is_none(x) -> bool:
    return x is None


def _random(rng, tree) -> Any:
    """A random direction: of the size of each leaf, None for leaves that are not differentiable."""
    leaves, treedef = tree_flatten(tree)
    return treedef.unflatten(_direction(rng, x) for x in leaves)


def _direction(rng, x):
    space = space_of(x)
    if space.dtype.kind not in "fc":
        return None
    a = np.abs(np.asarray(x)) if not hasattr(x, "aux") else np.ones(space.shape)
    scale = float(np.max(a, initial=0.0)) or 1.0
    d = rng.normal(size=space.shape)
    if space.dtype.kind == "c":
        d = d + 1j * rng.normal(size=space.shape)
    return np.asarray(d * (scale if np.isfinite(scale) else 1.0), space.dtype)


def _inner(gs, ds):
    pairs = zip(tree_flatten(gs, is_leaf=_is_none)[0], tree_flatten(ds, is_leaf=_is_none)[0], strict=True)
    kept = [(g, d) for g, d in pairs if g is not None and d is not None]
    return inner([g for g, _ in kept], [d for _, d in kept])


# ---- the comparison -------------------------------------------------------------------------------

ENDS = {
    DerivativeMismatch: " differ.",
    Inconclusive: " are undecided: the differences do not converge. Is there a kink, a jump, "
    "a random number? eps= sets the largest step; check_duality needs no differences.",
}


def _bytes(x) -> int:
    dtype = space_of(x).dtype
    return dtype.itemsize // (2 if dtype.kind == "c" else 1) if dtype.kind in "fc" else 8


def _rtol(rtol, leaf) -> float:
    return rtol if rtol is not None else RTOL.get(_bytes(leaf), 5e-2)


def _compare(engine, what, leaf, got, want, error, atol, rtol):
    got, want, error = np.asarray(got), np.asarray(want), np.asarray(error)
    if got.shape != want.shape:
        raise DerivativeMismatch(f"{engine}: {what} has shape {got.shape}, expected {want.shape}", leaf)
    if got.size == 0:
        return
    size = float(np.max(np.abs(got[np.isfinite(got)]), initial=0.0))
    size = max(size, float(np.max(np.abs(want[np.isfinite(want)]), initial=0.0)))
    allowed = 10 * error + _rtol(rtol, got) * size + (atol or 0.0)
    with np.errstate(invalid="ignore"):
        off = np.abs(got - want)
        unsure = ~(error <= max(SURE * size, atol or 0.0) + 1e-12)
    wrong = ~(off <= allowed) & ~unsure
    kind = DerivativeMismatch
    if not wrong.any():
        if not unsure.any():
            return
        kind, wrong = Inconclusive, unsure
    worst = int(np.argmax(np.where(wrong, np.nan_to_num(off, nan=np.inf), -1.0)))
    i = tuple(map(int, np.unravel_index(worst, off.shape)))
    text = (
        f"{engine}: {what}, entry {i} of shape {got.shape}: got {got[i]:.10g}, "
        f"expected {want[i]:.10g} by numbers, whose error is about {error[i]:.0e}; "
        f"{int(wrong.sum())} of {got.size} entries"
    )
    raise kind(text + ENDS[kind], leaf, i, got[i], want[i], error[i])
