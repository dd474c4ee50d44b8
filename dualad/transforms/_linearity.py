"""Rules are transposed to derive the other mode from them, and that is right for linear ones alone."""

from __future__ import annotations

import numpy as np

from ..core.batch import Batched
from ..core.errors import StructureError, at_user_line
from ..core.space import space_of
from ..core.trace import Box, settled, strip
from ..core.tree import tree_leaves


def check_linear(owner, apply, zeros, what, of):
    """Refuse to transpose a rule that is not linear; tried once per rule, with random arrays, large and small.

    A rule may be linear for these arguments and not for others: `check_transposed` looks at every call.
    """
    if owner.linear_known:
        return
    owner.linear_known = True  # also for the calls of itself that the rule makes
    rng = np.random.default_rng(0)
    ds = [_random_like(z, rng) for z in zeros]
    eps = 1e-3 if _is_single(ds) else 1e-8
    with np.errstate(all="ignore"):
        once = _plain(apply(*ds))
        for scale in (-1e6, 1e-6):
            scaled = _plain(apply(*[d.dtype.type(scale) * d for d in ds]))
            for a, b in zip(once, scaled, strict=True):
                if not _near(scale * a, b, eps):
                    owner.linear_known = False
                    _same_again(owner, what, once, _plain(apply(*ds)))
                    raise _not_linear(owner, what, of)
    owner.linear_known = any(map(np.any, once))  # zeros tell nothing


def _name(owner) -> str:
    return getattr(owner.fun, "__name__", "the function")


def _same_again(owner, what, once, again):
    if not all(_near(a, b, 1e-3) for a, b in zip(once, again, strict=True)):
        raise StructureError(
            f"{what} of {_name(owner)} gives something else each time{at_user_line()}, so the other mode cannot "
            "be derived from it. If it draws random numbers, draw outside of it, and pass them as an argument"
        )


def _not_linear(owner, what, of) -> StructureError:
    return StructureError(
        f"{what} of {_name(owner)} is not linear in {of}{at_user_line()}, so the other mode cannot be derived "
        "from it. Differentiate in the rule's own mode, or write the rule of the other mode too"
    )


def probes(zeros):
    """Large arrays at which a rule is transposed: if it is linear, all places are alike."""
    return tuple(map(_probe, zeros))


def _probe(z):
    space = space_of(z)
    scale = 1e2 if space.dtype == np.float16 else 1e6
    d = np.resize(_NUMBERS, space.shape) * scale
    return (d * (1 - 0.5j) if space.dtype.kind == "c" else d).astype(space.dtype)


_NUMBERS = np.random.default_rng(1).normal(size=1021)


def check_transposed(owner, ins, outs, what, of):
    """Refuse a transposition that is none: ⟨rule(d), g⟩ = ⟨d, transposed(g)⟩, for `outs` and `ins` as pairs of such.

    A clipped gradient, a `stop_gradient` of the cotangent or a plain value of it does not pass.
    """
    with np.errstate(all="ignore"):
        (a, size), (b, more) = _inner(*outs), _inner(*ins)
    eps = 1e-3 if _is_single([*outs[0], *ins[0]]) else 1e-7
    if abs(a - b) > eps * (size + more):  # false for NaN
        raise _not_linear(owner, what, of)


def _is_single(xs) -> bool:
    """Whether there are numbers of less than double precision."""
    return any(x is not None and strip(x).dtype.char in "efF" for x in xs)


def _inner(ds, gs):
    """The real inner product of two lists of arrays, a mean over rows that some of them have; and of what size."""
    total = size = 0.0
    for d, g in zip(ds, gs, strict=True):
        if d is None or g is None:
            continue
        batches = sorted({*_batches(d), *_batches(g)})
        product = _aligned(d, batches) * _aligned(g, batches)
        rows = max(product.size // max(space_of(d).size, 1), 1)
        total += float(np.sum(np.real(product))) / rows
        size += float(np.sum(np.abs(product))) / rows
    return total, size


def _batches(x) -> list[int]:
    """The ids of the traces whose rows `x` has, oldest first: the order of its axes in front."""
    found = []
    while isinstance(x, Box):
        if type(settled(x)) is Batched:
            found.append(x.owner.id)
        x = x.value
    return found[::-1]


def _aligned(x, batches):
    """The plain value of `x`, with an axis in front for each of `batches`."""
    own = _batches(x)
    value = np.asarray(strip(x))
    return value.reshape(
        [value.shape[own.index(k)] if k in own else 1 for k in batches] + list(value.shape[len(own) :])
    )


def _random_like(z, rng):
    z = strip(z)
    d = rng.normal(size=z.shape)
    return (d + 1j * rng.normal(size=z.shape) if z.dtype.kind == "c" else d).astype(z.dtype)


def _plain(tree):
    return [np.asarray(strip(x)) for x in tree_leaves(tree)]


def _near(a, b, eps):
    finite = np.isfinite(a) & np.isfinite(b)
    scale = np.max(np.abs(a), initial=0.0, where=finite)
    eps = 1e-3 if _is_single([a]) else eps
    return bool(np.all(np.abs(a - b)[finite] <= eps * scale))
