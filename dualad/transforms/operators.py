"""Jacobians, Hessians and Gauss-Newton matrices as `scipy.sparse.linalg.LinearOperator`: products without the matrix.

The function is linearised once; a product then costs the linear part alone, forward for `matvec`, backward for
`rmatvec`, and all columns of a `matmat` in one batch. `cg`, `gmres`, `lsqr`, `lsmr`, `eigsh`, `svds` and
`scipy.optimize` take such operators. Pytrees are ravelled, leaf after leaf, in C order.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.sparse.linalg import LinearOperator

from ..core.errors import NotDifferentiable, at_user_line
from ..core.space import space_of
from ..core.trace import Box
from ..core.tree import tree_flatten
from ._run import as_input
from .batch import over_rows
from .jacobian import CHUNK, _check_kind
from .linear import linearize
from .reverse import grad, vjp


class DerivativeOperator(LinearOperator):
    """A linear operator that is applied by pushing and pulling.

    Parameters
    ----------
    shape, dtype
    forward, backward : callables
        The map and its transpose, from rows (k, n) to rows (k, m) and back: of all k at once.
    """

    def __init__(self, shape, dtype, forward, backward):
        super().__init__(dtype, shape)
        self._forward, self._backward = forward, backward

    def _matvec(self, x):
        return self._forward(np.reshape(x, (1, -1)))[0]

    def _rmatvec(self, x):
        return self._backward(np.reshape(x, (1, -1)).conj())[0].conj()

    def _matmat(self, x):
        return self._forward(np.asarray(x).T).T

    def _rmatmat(self, x):
        return self._backward(np.asarray(x).T.conj()).T.conj()

    def _transpose(self):
        return DerivativeOperator(self.shape[::-1], self.dtype, self._backward, self._forward)

    def _adjoint(self):
        def conjugated(send):
            return lambda rows: send(rows.conj()).conj()

        return DerivativeOperator(
            self.shape[::-1], self.dtype, conjugated(self._backward), conjugated(self._forward)
        )


def jacobian_operator(f: Callable, *primals, holomorphic: bool = False) -> LinearOperator:
    """The Jacobian of `f` at a point, as a linear operator.

    Parameters
    ----------
    f : callable
        From pytrees to pytrees of arrays.
    *primals : pytrees of arrays
        All arguments of `f`; it is differentiated with respect to all of them.
    holomorphic : bool
        Whether `f` is complex and holomorphic; complex arguments need it.

    Returns
    -------
    LinearOperator of shape (entries of the outputs, entries of the arguments)
        `matvec` pushes forward, `rmatvec` pulls back; `matmat` and `rmatmat` do all columns at once.

    Raises
    ------
    NotDifferentiable
        An argument is traced, an integer, or complex without `holomorphic`.

    Examples
    --------
    >>> import numpy as np, dualad
    >>> A = dualad.jacobian_operator(lambda x: x[1:] * x[:-1], np.array([1.0, 2.0, 3.0]))
    >>> A @ np.array([1.0, 0.0, 0.0]), A.T @ np.array([0.0, 1.0])
    (array([2., 0.]), array([0., 3., 2.]))
    """
    leaves, g = _of_leaves(f, primals, holomorphic)
    value, push = linearize(g, *leaves)
    _, pullback = vjp(g, *leaves)
    outs, outdef = tree_flatten(value)
    forward, backward = _sender(push, leaves), _sender(lambda *u: pullback(outdef.unflatten(u)), outs)
    shape, dtype = (_size(outs), _size(leaves)), _dtype([*outs, *leaves])
    return DerivativeOperator(shape, dtype, forward, _transposed(backward, leaves, outs))


def hessian_operator(f: Callable, *primals, holomorphic: bool = False) -> LinearOperator:
    """The Hessian of a scalar `f` at a point, as a linear operator.

    Parameters and errors are those of `jacobian_operator`.

    Returns
    -------
    LinearOperator, square and symmetric, over all entries of the arguments

    Examples
    --------
    >>> import numpy as np, dualad
    >>> H = dualad.hessian_operator(lambda x: x[0] ** 2 * x[1], np.array([1.0, 2.0]))
    >>> H @ np.array([1.0, 0.0])
    array([4., 2.])
    """
    leaves, g = _of_leaves(f, primals, holomorphic)
    gradient = grad(g, tuple(range(len(leaves))), holomorphic=holomorphic)
    _, push = linearize(gradient, *leaves)
    forward = _sender(push, leaves)
    return DerivativeOperator((_size(leaves),) * 2, _dtype(leaves), forward, forward)


def gauss_newton_operator(
    f: Callable, *primals, loss: Callable | None = None, holomorphic: bool = False
) -> LinearOperator:
    """The Gauss-Newton matrix of `f` at a point, as a linear operator: JᴴJ, or JᵀHJ with a `loss`.

    Parameters
    ----------
    f : callable
        The residuals, or the model's outputs.
    *primals : pytrees of arrays
    loss : callable, optional
        A real scalar of the outputs of `f`; H is its Hessian there. Without it, half of the sum of squares, whose
        Hessian is the identity.
    holomorphic : bool
        As in `jacobian_operator`; not together with a `loss`.

    Returns
    -------
    LinearOperator, square and self-adjoint; positive semidefinite where the loss is convex

    Examples
    --------
    >>> import numpy as np, dualad
    >>> G = dualad.gauss_newton_operator(lambda x: x**2, np.array([1.0, 2.0]))
    >>> G @ np.ones(2)
    array([ 4., 16.])
    """
    J = jacobian_operator(f, *primals, holomorphic=holomorphic)
    if loss is None:
        return _product(J.H, J)
    if np.issubdtype(J.dtype, np.complexfloating):
        raise NotDifferentiable(
            f"gauss_newton_operator with a loss is for real models{at_user_line()}; without one it is JᴴJ"
        )
    H = hessian_operator(loss, f(*primals))
    return _product(J.T, _product(H, J))


def _product(left, right) -> DerivativeOperator:
    """Two operators one after the other, still in batches."""
    return DerivativeOperator(
        (left.shape[0], right.shape[1]),
        np.result_type(left.dtype, right.dtype),
        lambda rows: left._forward(right._forward(rows)),
        lambda rows: right._backward(left._backward(rows)),
    )


# ---- the parts ------------------------------------------------------------------------------------


def _of_leaves(f, primals, holomorphic):
    """The leaves of the arguments, and `f` as a function of them."""
    leaves, treedef = tree_flatten(primals)
    leaves = [as_input(x, "a linear operator", f"leaf {k} of the arguments") for k, x in enumerate(leaves)]
    if any(isinstance(x, Box) for x in leaves):
        raise NotDifferentiable(
            f"a LinearOperator is for plain arrays, and the arguments are traced{at_user_line()}. "
            "Use dualad.linearize and dualad.vjp, whose results can be differentiated"
        )
    _check_kind(leaves, holomorphic, "a linear operator")
    return leaves, lambda *x: f(*treedef.unflatten(x))


def _size(leaves) -> int:
    return sum(space_of(x).size for x in leaves)


def _dtype(leaves):
    return np.result_type(*[space_of(x).dtype for x in leaves]) if leaves else np.dtype(float)


def _is_complex(leaves) -> bool:
    return any(space_of(x).dtype.kind == "c" for x in leaves)


def _sender(send, leaves):
    """`send`, which takes and returns leaves, as a function of rows of numbers; complex rows in two parts."""
    spaces = [space_of(x) for x in leaves]
    real = not _is_complex(leaves)

    def batch(rows):
        if len(rows) == 1:
            out = tree_flatten(send(*[d[0] for d in _split(rows, spaces)]))[0]
            return np.concatenate([np.ravel(o) for o in out])[None]
        parts = [_split(rows[k : k + CHUNK], spaces) for k in range(0, len(rows), CHUNK)]
        return np.concatenate([_joined(tree_flatten(over_rows(send, *p))[0]) for p in parts])

    def parts(rows):
        return batch(rows.real) + 1j * batch(rows.imag) if np.iscomplexobj(rows) else batch(rows)

    return parts if real else batch


def _split(rows, spaces):
    out, start = [], 0
    for s in spaces:
        out.append(rows[:, start : start + s.size].reshape(len(rows), *s.shape).astype(s.dtype, copy=False))
        start += s.size
    return out


def _joined(outs):
    flat = [np.reshape(o, (len(o), -1)) for o in outs]
    return flat[0] if len(flat) == 1 else np.concatenate(flat, axis=1)


def _transposed(backward, leaves, outs):
    """The pullback as the transpose of the Jacobian. To real leaves it brings real parts alone: of complex outputs the
    imaginary part is fetched by a second pull."""
    if _is_complex(leaves) or not _is_complex(outs):
        return backward
    return lambda rows: backward(rows) + 1j * backward(-1j * rows)
