"""Special functions of tensors, with the names and arguments of `torch.special`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ._tensor import Tensor
from ._torch.elementwise import value as _value
from ._torch.engine import op as _op
from ._torch.handle import wrap as _wrap

__all__ = """
digamma entr erf erfc erfcx erfinv exp2 expit expm1 gammaln i0 i0e i1 i1e log1p log_ndtr log_softmax logit logsumexp
multigammaln ndtr polygamma psi sinc softmax xlog1py xlogy
""".split()


def _unary(name: str, primitive: str, doc: str):
    def function(input: Any) -> Tensor:
        return _wrap(getattr(_op, primitive)(_value(input)))

    function.__name__ = function.__qualname__ = name
    function.__doc__ = doc
    return function


entr = _unary("entr", "entr", "-x log(x), and 0 at 0.")
erf = _unary("erf", "erf", "The error function.")
erfc = _unary("erfc", "erfc", "1 - erf(x), exact in the right tail.")
erfcx = _unary("erfcx", "erfcx", "exp(x²) erfc(x).")
erfinv = _unary("erfinv", "erfinv", "The inverse of erf.")
exp2 = _unary("exp2", "exp2", "2 to the power x.")
expit = _unary("expit", "expit", "The logistic function.")
expm1 = _unary("expm1", "expm1", "exp(x) - 1, exact near 0.")
gammaln = _unary("gammaln", "gammaln", "The logarithm of |Γ(x)|.")
i0 = _unary("i0", "i0", "The modified Bessel function of order 0.")
i0e = _unary("i0e", "i0e", "exp(-|x|) i0(x).")
i1 = _unary("i1", "i1", "The modified Bessel function of order 1.")
i1e = _unary("i1e", "i1e", "exp(-|x|) i1(x).")
log1p = _unary("log1p", "log1p", "log(1 + x), exact near 0.")
log_ndtr = _unary("log_ndtr", "log_ndtr", "log(ndtr(x)), exact in the left tail.")
ndtr = _unary("ndtr", "ndtr", "The distribution function of the normal distribution.")
digamma = psi = _unary("digamma", "psi", "The derivative of gammaln.")
sinc = _unary("sinc", "sinc", "sin(πx) / (πx), and 1 at 0.")


def logit(input: Any, eps: float | None = None) -> Tensor:
    """log(x / (1 - x)); with `eps`, of x held within [eps, 1 - eps]."""
    x = _value(input)
    return _wrap(_op.logit(x if eps is None else _op.minimum(_op.maximum(x, eps), 1 - eps)))


def polygamma(n: int, input: Any) -> Tensor:
    """The n-th derivative of digamma."""
    if n < 0:
        raise RuntimeError("polygamma(n, x) does not support negative n.")
    return _wrap(_op.psi(_value(input)) if n == 0 else _op.polygamma(_value(input), n=int(n)))


def multigammaln(input: Any, p: int) -> Tensor:
    """The logarithm of the gamma function of p dimensions, of x > (p - 1) / 2."""
    x = _value(input)
    total = _op.gammaln(x) + p * (p - 1) / 4 * math.log(math.pi)
    for k in range(1, p):
        total = total + _op.gammaln(x - k / 2)
    return _wrap(total)


def xlogy(input: Any, other: Any) -> Tensor:
    """x log(y), and 0 where x is 0."""
    return _wrap(_op.xlogy(_value(input), _value(other)))


def xlog1py(input: Any, other: Any) -> Tensor:
    """x log(1 + y), and 0 where x is 0."""
    return _wrap(_op.xlog1py(_value(input), _value(other)))


def logsumexp(input: Any, dim: int | tuple[int, ...], keepdim: bool = False) -> Tensor:
    """log Σ exp(x) along axes, without overflow."""
    return _wrap(_op.logsumexp(_value(input), axis=dim, keepdims=keepdim))


def softmax(input: Any, dim: int, *, dtype: Any = None) -> Tensor:
    """exp(x) over its sum along an axis."""
    return _wrap(_op.softmax(_value(_cast(input, dtype)), axis=dim))


def log_softmax(input: Any, dim: int, *, dtype: Any = None) -> Tensor:
    """x less its logsumexp along an axis."""
    return _wrap(_op.log_softmax(_value(_cast(input, dtype)), axis=dim))


def _cast(input, dtype):
    return input if dtype is None else input.to(np.dtype(dtype))
