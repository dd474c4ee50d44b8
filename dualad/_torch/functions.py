"""The functions at module level: `dualad.exp`, `dualad.matmul`, `dualad.cat`. Most are a tensor's method."""

from __future__ import annotations

import numpy as np

from ..core.errors import DualadError, ShapeError
from . import elementwise as _elementwise
from .engine import op
from .handle import Handle, recorded, wrap
from .tape import detached
from .tensor import Tensor


def _tensor(x):
    return x if isinstance(x, Handle) else wrap(np.asarray(x))


def from_method(name):
    """The function that calls a tensor's method; arrays and numbers are made tensors first."""
    method = getattr(Tensor, name)

    def function(input, *args, **kwargs):
        return method(input if isinstance(input, Handle) else _tensor(input), *args, **kwargs)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = method.__doc__ or f"`input.{name}(…)`"
    return function


def cat(tensors, dim: int = 0, *, axis: int | None = None) -> Tensor:
    """Tensors put one behind another along `dim`, also called `axis`."""
    return _joined(op.concatenate, "cat", tensors, dim if axis is None else axis)


def stack(tensors, dim: int = 0, *, axis: int | None = None) -> Tensor:
    """Tensors of one shape put side by side along a new `dim`, also called `axis`."""
    return _joined(op.stack, "stack", tensors, dim if axis is None else axis)


def _joined(join, name, tensors, axis):
    values = [recorded(_tensor(t)._value) for t in tensors]
    try:
        return wrap(join(*values, axis=axis))
    except ValueError as error:
        shapes = [tuple(v.shape) for v in values]
        if isinstance(error, DualadError) or len(set(shapes)) < 2:
            raise
        raise ShapeError(f"{name}: shapes {', '.join(map(str, shapes))} do not fit: {error}") from None


def hstack(tensors) -> Tensor:
    tensors = [_tensor(t) for t in tensors]
    return cat(tensors, 0 if tensors[0].ndim <= 1 else 1)


def vstack(tensors) -> Tensor:
    return cat([t if t.ndim > 1 else t.reshape(1, -1) for t in map(_tensor, tensors)], 0)


def where(condition, input=None, other=None):
    """`input` where the condition holds, `other` elsewhere; with the condition alone, where it holds."""
    if input is None and other is None:
        return _tensor(condition).nonzero(as_tuple=True)
    condition = condition._value if isinstance(condition, Handle) else np.asarray(condition)
    return wrap(op.where(detached(condition), _elementwise.value(input), _elementwise.value(other)))


def einsum(equation: str, *operands) -> Tensor:
    """Sums of products by Einstein's convention: `einsum("ij,jk->ik", a, b)`."""
    if len(operands) == 1 and isinstance(operands[0], (list, tuple)):
        operands = tuple(operands[0])
    return wrap(np.einsum(equation, *[recorded(_tensor(t)._value) for t in operands]))


def tensordot(a, b, dims=2) -> Tensor:
    return wrap(op.tensordot(recorded(a._value), recorded(b._value), dims))


def meshgrid(*tensors, indexing: str = "ij"):
    """Coordinates of a grid."""
    if len(tensors) == 1 and isinstance(tensors[0], (list, tuple)):
        tensors = tuple(tensors[0])
    n = [t.numel() for t in tensors]
    order = list(range(len(n)))
    if indexing == "xy" and len(n) > 1:
        order[:2] = 1, 0
    sizes = [n[k] for k in order]
    out = []
    for k, t in enumerate(tensors):
        shape = [1] * len(n)
        shape[order.index(k)] = n[k]
        out.append(t.reshape(shape).expand(sizes))
    return tuple(out)


def broadcast_tensors(*tensors):
    shape = np.broadcast_shapes(*[t.shape for t in tensors])
    return tuple(t.expand(shape) for t in tensors)


def is_tensor(obj) -> bool:
    return isinstance(obj, Handle)


def is_floating_point(input) -> bool:
    return input.is_floating_point()


def numel(input) -> int:
    return input.numel()


def max(input, dim=None, keepdim: bool = False, *, axis=None, keepdims: bool = False):
    """The maximum; over `dim` a pair `(values, indices)`; of two tensors, the elementwise one."""
    return _tensor(input).max(dim, keepdim, axis=axis, keepdims=keepdims)


def min(input, dim=None, keepdim: bool = False, *, axis=None, keepdims: bool = False):
    """The minimum; over `dim` a pair `(values, indices)`; of two tensors, the elementwise one."""
    return _tensor(input).min(dim, keepdim, axis=axis, keepdims=keepdims)


def result_type(a, b) -> np.dtype:
    return np.result_type(*(detached(x._value) if isinstance(x, Handle) else x for x in (a, b)))


_METHODS = [
    *_elementwise.UNARY,
    *_elementwise.BINARY,
    *(
        "add sub mul div divide rsqrt frac relu logit clamp clip round lerp addcmul addcdiv masked_fill "
        "nan_to_num isclose allclose equal eq ne lt le gt ge sum nansum mean var std prod amax amin argmax "
        "argmin all any count_nonzero cumsum cumprod logsumexp softmax log_softmax norm dist sort argsort "
        "topk kthvalue median cummax unique bincount reshape flatten permute transpose swapaxes t movedim "
        "moveaxis squeeze unsqueeze narrow select unbind split chunk tensor_split clone tile "
        "repeat_interleave flip roll tril triu diag diagonal trace index_select gather take scatter_add "
        "scatter index_add masked_select nonzero matmul mm bmm mv dot outer ger addmm addmv baddbmm inverse "
        "det logdet cholesky broadcast_to ravel take_along_dim real imag angle"
    ).split(),
]


def _from_property(name):
    def function(input):
        return getattr(_tensor(input), name)

    function.__name__ = name
    return function


FUNCTIONS: dict = {name: from_method(name) for name in _METHODS if callable(getattr(Tensor, name))}
FUNCTIONS.update({name: _from_property(name) for name in ("real", "imag")})
FUNCTIONS["concat"] = FUNCTIONS["concatenate"] = cat
for _function in (
    cat, stack, hstack, vstack, where, einsum, tensordot, meshgrid, broadcast_tensors, is_tensor,
    is_floating_point, numel, max, min, result_type,
):  # fmt: skip
    FUNCTIONS[_function.__name__] = _function
