"""`Generator`: NumPy's, with draws that follow traced parameters."""

from __future__ import annotations

import threading
from typing import Any
from weakref import WeakSet

import numpy as np

from ..transforms._recompute import RANDOM
from ._continuous import follow
from ._discrete import Discrete
from ._draw import Source, draw, is_plain, refuse_out
from ._multivariate import Multivariate
from ._order import Order
from ._tensors import taking_tensors

_ALIVE: WeakSet[Generator] = (
    WeakSet()
)  # whose numbers have to come again when a checkpoint runs its function again


class Generator(Discrete, Multivariate, Order, np.random.Generator):
    """A source of random numbers: `numpy.random.Generator`, differentiable in the parameters of its draws.

    Parameters
    ----------
    bit_generator : numpy.random.BitGenerator, or numpy.random.Generator
        Where the bits come from. Of a generator, its bit generator: both then draw from one stream.

    Raises
    ------
    NotDifferentiable
        By methods that draw whole numbers, where a parameter carries a derivative.

    Notes
    -----
    Methods, parameters, defaults and numbers are those of `numpy.random.Generator`. One generator is for one thread.

    Examples
    --------
    >>> import numpy as np, dualad
    >>> f = lambda mu: np.mean(dualad.random.default_rng(0).normal(mu, 1.0, size=100))
    >>> dualad.grad(f)(3.0).round(12)
    np.float64(1.0)
    """

    def __init__(self, bit_generator):
        if isinstance(bit_generator, np.random.Generator):
            bit_generator = bit_generator.bit_generator
        super().__init__(bit_generator)
        self.numpy = np.random.Generator(bit_generator)  # NumPy's own methods call each other
        self.drawing = threading.RLock()
        self._scratch = None
        _ALIVE.add(self)

    @property
    def scratch(self) -> np.random.Generator:
        """A plain generator of the same kind, to draw noise again."""
        if self._scratch is None:
            self._scratch = np.random.Generator(type(self.bit_generator)())
        return self._scratch

    def __reduce__(self):
        return Generator, (self.bit_generator,)

    def _follow(self, name: str, parameters: tuple, size: Any, **keywords: Any) -> Any:
        if is_plain(*parameters, size):
            return getattr(np.random.Generator, name)(self, *parameters, size=size, **keywords)
        return follow(self, name, parameters, size, keywords)

    def _standard(self, name: str, size: Any, out: Any, **keywords: Any) -> Any:
        """Of a distribution without parameters: NumPy's, for each row of a `vmap`."""
        if is_plain(size):
            return getattr(np.random.Generator, name)(self, size=size, out=out, **keywords)
        refuse_out(f"rng.{name}", out)
        return draw(Source(self, name, keywords=keywords), (), size)

    def random(self, size=None, dtype=np.float64, out=None):
        return self._standard("random", size, out, dtype=dtype)

    def standard_normal(self, size=None, dtype=np.float64, out=None):
        return self._standard("standard_normal", size, out, dtype=dtype)

    def standard_exponential(self, size=None, dtype=np.float64, method="zig", out=None):
        return self._standard("standard_exponential", size, out, dtype=dtype, method=method)

    def standard_cauchy(self, size=None):
        return self._follow("standard_cauchy", (), size)

    def standard_gamma(self, shape, size=None, dtype=np.float64, out=None):
        if is_plain(shape, size):
            return super().standard_gamma(shape, size, dtype, out)
        refuse_out("rng.standard_gamma", out)
        return follow(self, "standard_gamma", (shape,), size, {"dtype": dtype})

    def normal(self, loc=0.0, scale=1.0, size=None):
        return self._follow("normal", (loc, scale), size)

    def uniform(self, low=0.0, high=1.0, size=None):
        return self._follow("uniform", (low, high), size)

    def laplace(self, loc=0.0, scale=1.0, size=None):
        return self._follow("laplace", (loc, scale), size)

    def logistic(self, loc=0.0, scale=1.0, size=None):
        return self._follow("logistic", (loc, scale), size)

    def gumbel(self, loc=0.0, scale=1.0, size=None):
        return self._follow("gumbel", (loc, scale), size)

    def lognormal(self, mean=0.0, sigma=1.0, size=None):
        return self._follow("lognormal", (mean, sigma), size)

    def exponential(self, scale=1.0, size=None):
        return self._follow("exponential", (scale,), size)

    def rayleigh(self, scale=1.0, size=None):
        return self._follow("rayleigh", (scale,), size)

    def weibull(self, a, size=None):
        return self._follow("weibull", (a,), size)

    def pareto(self, a, size=None):
        return self._follow("pareto", (a,), size)

    def power(self, a, size=None):
        return self._follow("power", (a,), size)

    def triangular(self, left, mode, right, size=None):
        return self._follow("triangular", (left, mode, right), size)

    def gamma(self, shape, scale=1.0, size=None):
        return self._follow("gamma", (shape, scale), size)

    def chisquare(self, df, size=None):
        return self._follow("chisquare", (df,), size)

    def beta(self, a, b, size=None):
        return self._follow("beta", (a, b), size)

    def f(self, dfnum, dfden, size=None):
        return self._follow("f", (dfnum, dfden), size)

    def standard_t(self, df, size=None):
        return self._follow("standard_t", (df,), size)

    def wald(self, mean, scale, size=None):
        return self._follow("wald", (mean, scale), size)

    def vonmises(self, mu, kappa, size=None):
        return self._follow("vonmises", (mu, kappa), size)

    def noncentral_chisquare(self, df, nonc, size=None):
        return self._follow("noncentral_chisquare", (df, nonc), size)

    def noncentral_f(self, dfnum, dfden, nonc, size=None):
        return self._follow("noncentral_f", (dfnum, dfden, nonc), size)


# What takes parameters, and so takes tensors.
for _name in dir(np.random.Generator):
    if not _name.startswith("_") and _name not in ("bit_generator", "bytes", "spawn"):
        setattr(Generator, _name, taking_tensors(getattr(Generator, _name)))


def _states() -> list:
    return [(rng.bit_generator, rng.bit_generator.state) for rng in list(_ALIVE)]


def _restore(states: list) -> None:
    for bits, state in states:
        bits.state = state


RANDOM.append((_states, _restore))


def default_rng(seed: Any = None) -> Generator:
    """A `Generator` of the numbers that `numpy.random.default_rng(seed)` gives.

    Parameters
    ----------
    seed : None, int, array of ints, SeedSequence, BitGenerator or Generator
        As NumPy's. A generator of dualad's is returned as it is; of a NumPy generator the stream is shared.

    Examples
    --------
    >>> import numpy as np, dualad
    >>> dualad.random.default_rng(0).gamma(2.0) == np.random.default_rng(0).gamma(2.0)
    True
    """
    return seed if isinstance(seed, Generator) else Generator(np.random.default_rng(seed))
