"""Random numbers as functions of the parameters of their distribution.

A number that was drawn is held; when a parameter moves, the number moves so that its place in the distribution,
the value of the distribution function, stays. The evaluation of such a primitive is the number itself, so values
are those of the generator, bit by bit; the rules say how fast it moves, in closed form where there is one, else by
`transport`. There is one formula, for both engines.
"""

from __future__ import annotations

import math

import numpy as np

from ..core.primitive import primitive
from ..core.samples import Sample
from .arithmetic import sqrt
from .elementary import log1p
from .join import stack
from .special import erfcx, xlogy
from .transport import beta_velocity, gamma_velocity, vonmises_velocity


def _held(z, *parameters):
    """The numbers drawn, in the common shape."""
    if all(np.shape(p) in ((), np.shape(z)) for p in parameters):
        return np.array(z)[()]
    return np.array(np.broadcast_to(z, np.broadcast_shapes(np.shape(z), *map(np.shape, parameters))))[()]


def _rules(face, **rules):
    """An elementwise operation with these rules, in either engine."""
    face.primitive.elementwise = True
    face.jvp(**rules)
    face.vjp(**rules)


@primitive(flat_args="z")
def pinned(x, z):
    """The values of `z`, with the derivatives of `x`, which is equal to `z` but for rounding."""
    return _held(z, x)


_rules(pinned, x=lambda d: d)


@primitive(flat_args="l")
def gamma_log_draw(a, l):
    """The logarithm `l` of a number drawn from the gamma distribution of shape `a`."""
    return _held(l, a)


_rules(gamma_log_draw, a=lambda d, a, out: d * gamma_velocity(a, out))


@primitive(flat_args="l")
def beta_logit_draw(a, b, l):
    """The log-odds `l` of a number drawn from the beta distribution of `a` and `b`."""
    return _held(l, a, b)


_rules(
    beta_logit_draw,
    a=lambda d, a, b, out: d * beta_velocity(a, b, out, m=1, n=0),
    b=lambda d, a, b, out: d * beta_velocity(a, b, out, m=0, n=1),
)


@primitive(flat_args="x")
def vonmises_draw(kappa, x):
    """An angle `x` drawn from the von Mises distribution around 0."""
    return _held(x, kappa)


_rules(vonmises_draw, kappa=lambda d, kappa, out: d * vonmises_velocity(kappa, out))


@primitive(flat_args="z")
def power_draw(a, z):
    """A number `z = e**(1 / a)`, at a fixed `e`: of the power distribution, and of Weibull's."""
    return _held(z, a)


_rules(power_draw, a=lambda d, a, out: d * (-xlogy(out, out) / a))


@primitive(flat_args="z")
def pareto_draw(a, z):
    """A number `z = (1 - u)**(-1 / a) - 1`, at a fixed `u`, of the Pareto distribution as NumPy has it."""
    return _held(z, a)


_rules(pareto_draw, a=lambda d, a, out: d * (-(1 + out) * log1p(out) / a))


@primitive(flat_args="z")
def wald_draw(shape, z):
    """A number `z` drawn from the inverse Gaussian distribution of mean 1 and this shape.

    From its distribution function, in M. C. K. Tweedie, Ann. Math. Statist. 28 (1957), by Mills' ratio, which is erfcx.
    """
    return _held(z, shape)


def _wald_velocity(shape, z):
    mills = math.sqrt(math.pi / 2) * erfcx(sqrt(shape / (2 * z)) * (1 + z))
    return z / shape - 2 * mills * z * sqrt(z / shape)


_rules(wald_draw, shape=lambda d, shape, out: d * _wald_velocity(shape, out))


def _samples(face, *ranges):
    """The parameters, in which the evaluation is constant (so numbers cannot judge it), and the draw."""

    @face.samples
    def _(rng):
        for shapes in [((2, 3),) * len(ranges), ((3,),) * (len(ranges) - 1) + ((2, 1),), ((),) * len(ranges)]:
            args = [rng.uniform(low, high, s) for (low, high), s in zip(ranges, shapes, strict=True)]
            yield Sample(*args, smooth=False, complex=False)


_samples(pinned, (-2, 2), (-2, 2))
_samples(gamma_log_draw, (0.5, 4), (-2, 2))
_samples(beta_logit_draw, (0.5, 4), (0.5, 4), (-2, 2))
_samples(vonmises_draw, (0.5, 4), (-3, 3))
_samples(power_draw, (0.5, 4), (0.1, 0.9))
_samples(pareto_draw, (0.5, 4), (0.1, 3))
_samples(wald_draw, (0.5, 4), (0.2, 3))


# ---- drawing ------------------------------------------------------------------------------------------------


@primitive(flat="the numbers of a generator", multi=True)
def random_draw(token, *parameters, source, shape=None):
    """What `source(parameters, shape)` draws: a tuple of arrays.

    `token` is a number without meaning; where it is a batch, each row of the `vmap` draws numbers of its own.
    """
    return source(parameters, shape)


@random_draw.batching
def _(token, parameters, mask, size, source, shape):
    token = token[0] if mask[0] else token
    mask = mask[1:]
    if source.row_by_row:
        rows = [
            random_draw(token, *_row(parameters, mask, k), source=source, shape=shape) for k in range(size)
        ]
        return tuple(stack(*column, axis=0) for column in zip(*rows, strict=True))
    shapes = [np.shape(p)[1:] if m else np.shape(p) for p, m in zip(parameters, mask, strict=True)]
    shape = np.broadcast_shapes(*shapes) if shape is None else shape
    lined_up = [_lined_up(p, len(shape)) if m else p for p, m in zip(parameters, mask, strict=True)]
    return random_draw(token, *lined_up, source=source, shape=(size, *shape))


def _row(parameters, mask, k):
    return [p[k] if m else p for p, m in zip(parameters, mask, strict=True)]


def _lined_up(p, rank):
    """A batch, with axes of length one behind the batch axis."""
    return p.reshape((p.shape[0],) + (1,) * (rank - p.ndim + 1) + p.shape[1:])


class _Doubled:
    """Stands for a generator in the samples: its numbers are twice the parameter."""

    row_by_row = False

    def __call__(self, parameters, shape):
        (p,) = parameters
        return (2.0 * np.broadcast_to(p, np.shape(p) if shape is None else shape),)


@random_draw.samples
def _(rng):
    yield Sample(0.0, rng.normal(size=(2, 3)), source=_Doubled())
    yield Sample(0.0, rng.normal(size=(3,)), source=_Doubled(), shape=(2, 3))
