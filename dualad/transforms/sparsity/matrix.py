"""`sparse_jacobian` and `sparse_hessian`: a pattern and a colouring, found once and used for every evaluation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import csr_array, issparse

from ...core.errors import SparsityError, StructureError, at_user_line
from ...core.space import space_of
from ...core.trace import Box
from .._run import split_aux
from ..jacobian import ROW_COST, _as_function_of_leaves, _check_kind
from ..reverse import grad
from .compression import Compression, both_ways, by_columns, by_rows, by_symmetry
from .detect import detect, symmetric
from .sending import pull, push, split, traced
from .verify import direction, too_small, wrong_lines

FEW = 8  # pushes; with no more of them there is no point in looking for a way with fewer


class Ready(NamedTuple):
    """What is found once: the plan, the spaces of the arguments it is for, and the tangents, leaf by leaf.

    It is replaced as a whole, so that several threads may use one function.
    """

    plan: Compression
    spaces: list
    tangents: list


class SparseJacobian:
    """A function that returns the Jacobian as a `scipy.sparse.csr_array`; made by `sparse_jacobian`.

    Attributes
    ----------
    pattern : csr_array of bool, or None before the first evaluation
    pushes, pulls : int
        Directions pushed forward, and cotangents pulled back, for one evaluation, the probe not counted.
    local : str
        The decision on values for which a detected pattern may hold near the inputs only; '' where there is none.
    """

    what = "Jacobian"
    modes: tuple[str, ...] = ("auto", "forward", "reverse", "both")

    def __init__(self, f, argnums, sparsity, mode, order, verify, has_aux, holomorphic):
        if mode not in self.modes:
            raise ValueError(f"mode={mode!r}: choose {', '.join(map(repr, self.modes))}")
        self._f, self._argnums, self._has_aux, self._holomorphic = f, argnums, has_aux, holomorphic
        self._mode, self._order, self._verify = mode, order, verify
        self._given = None if isinstance(sparsity, str) and sparsity == "detect" else as_pattern(sparsity)
        self._ready: Ready | None = None
        self.local = ""

    @property
    def pattern(self) -> csr_array | None:
        return None if self._ready is None else self._ready.plan.pattern

    @property
    def pushes(self) -> int:
        return 0 if self._ready is None else self._ready.plan.pushes

    @property
    def pulls(self) -> int:
        return 0 if self._ready is None else self._ready.plan.pulls

    def __repr__(self):
        name = type(self).__name__
        if self._ready is None:
            return f"{name}(not prepared)"
        plan = self._ready.plan
        m, n = plan.pattern.shape
        counts = ((plan.pushes, "push", "pushes"), (plan.pulls, "pull", "pulls"))
        ways = [f"{k} {one if k == 1 else many}" for k, one, many in counts if k]
        return f"{name}({m} × {n}, {plan.pattern.nnz} entries, {' and '.join(ways) or 'nothing to do'})"

    def prepare(self, *args, **kwargs):
        """Find the pattern and the colouring at these arguments; returns the object itself."""
        self._ready = self._found(*self._function(args, kwargs))
        return self

    def __call__(self, *args, **kwargs):
        g, leaves = self._function(args, kwargs)
        ready = self._ready
        if ready is None or ready.spaces != [space_of(x) for x in leaves]:
            ready = self._ready = self._found(g, leaves)
        matrix, wrong, aux = self._evaluate(ready, g, leaves)
        if len(wrong) and self._given is None:
            # Python has taken another branch, or the function is another one by now.
            ready = self._ready = self._found(g, leaves, ready.plan.pattern)
            matrix, wrong, aux = self._evaluate(ready, g, leaves)
        if len(wrong):
            raise too_small(wrong, self.what, self._probes_columns(ready.plan), self._given is not None)
        return (matrix, aux) if self._has_aux else matrix

    # ---- the parts --------------------------------------------------------------------------------

    def _function(self, args, kwargs):
        """The function to push and pull through, of leaves, and these."""
        g, leaves, *_ = _as_function_of_leaves(self._f, self._argnums, args, kwargs)
        _check_kind(leaves, self._holomorphic, f"sparse_{self.what.lower()}")
        if any(isinstance(x, Box) for x in leaves):
            raise traced()
        return g, leaves

    def _found(self, g, leaves, known=None) -> Ready:
        """Everything that is found once; a pattern that is `known` already is extended."""
        pattern = self._given
        if pattern is None:
            pattern, self.local = detect(self._without_aux(g), leaves)
            if known is not None and known.shape == pattern.shape:
                pattern = csr_array(known + pattern)
        inputs = sum(space_of(x).size for x in leaves)
        if pattern.shape[1] != inputs:
            raise SparsityError(
                f"the pattern has {pattern.shape[1]} columns, and the arguments {inputs} entries{at_user_line()}"
            )
        plan = self._compress(pattern)
        tangents = plan.tangents()
        if self._probes_columns(plan):
            tangents = np.vstack([tangents, direction(inputs)])
        return Ready(plan, [space_of(x) for x in leaves], split(tangents, leaves))

    def _probes_columns(self, plan) -> bool:
        """Whether the probe is a push, where there are pushes, or a pull."""
        return self._verify and not (plan.pulls and not plan.pushes)

    def _without_aux(self, g):
        return (lambda *x: split_aux(g(*x), "sparse_jacobian")[0]) if self._has_aux else g

    def _compress(self, pattern) -> Compression:
        if self._mode != "auto":
            return {"forward": by_columns, "reverse": by_rows, "both": both_ways}[self._mode](
                pattern, self._order
            )
        ways = [by_columns(pattern, self._order)]
        if ways[0].pushes > 1:
            ways.append(by_rows(pattern, self._order))
        if min(_cost(w) for w in ways) > FEW:
            ways.append(both_ways(pattern, self._order))
        return min(ways, key=_cost)

    def _evaluate(self, ready, g, leaves):
        """The matrix, the lines that a probe finds wrong, and aux."""
        plan, _, tangents = ready
        m = plan.pattern.shape[0]
        aux: list = [None]
        pushed = push(g, leaves, tangents, m, self._has_aux, aux)
        rows = self._verify and not self._probes_columns(plan)
        cotangents = np.vstack([plan.cotangents(), direction(m)]) if rows else plan.cotangents()
        pulled = pull(g, leaves, cotangents, m, self._has_aux, aux)
        matrix = plan.matrix(pushed[: plan.pushes], pulled[: plan.pulls])
        wrong = np.zeros(0, int)
        if rows:
            wrong = wrong_lines(csr_array(matrix.T), direction(m), pulled[-1])
        elif self._verify:
            probe = np.concatenate([t[-1].ravel() for t in tangents])
            wrong = wrong_lines(matrix, probe, pushed[-1])
        return matrix, wrong, aux[0]


class SparseHessian(SparseJacobian):
    """The same for the Hessian of a scalar; made by `sparse_hessian`."""

    what = "Hessian"
    modes = ("auto", "symmetric", "forward")

    def _function(self, args, kwargs):
        g, leaves = super()._function(args, kwargs)
        every = tuple(range(len(leaves)))
        return grad(g, every, self._has_aux, self._holomorphic), leaves

    def _compress(self, pattern):
        if pattern.shape[0] != pattern.shape[1]:
            raise SparsityError(f"the pattern of a Hessian is square; this one has shape {pattern.shape}")
        pattern = as_pattern(symmetric(pattern))
        if self._mode == "forward":
            return by_columns(pattern, self._order)
        ways = [by_symmetry(pattern, self._order)]
        if self._mode == "auto":
            ways.append(by_columns(pattern, self._order))
        return min(ways, key=_cost)


def _cost(plan) -> float:
    return plan.pushes + ROW_COST * plan.pulls


def as_pattern(sparsity) -> csr_array:
    """A pattern as a csr_array of bool with sorted rows, from a matrix of scipy.sparse or a dense one."""
    if isinstance(sparsity, str):
        raise ValueError(f"sparsity={sparsity!r}: write 'detect', or give a matrix")
    if not issparse(sparsity):
        sparsity = np.atleast_2d(np.asarray(sparsity))
        if sparsity.ndim != 2 or sparsity.dtype.kind not in "biufc":
            raise StructureError(
                "sparsity is a matrix of scipy.sparse or NumPy, non-zero where entries may be"
            )
    pattern = csr_array(sparsity != 0)
    pattern.sum_duplicates()
    return pattern


def sparse_jacobian(
    f: Callable,
    *args,
    argnums: int | tuple[int, ...] = 0,
    sparsity: Any = "detect",
    mode: str = "auto",
    order: str = "auto",
    verify: bool = True,
    has_aux: bool = False,
    holomorphic: bool = False,
) -> SparseJacobian:
    """Function that returns the Jacobian of `f` as a `scipy.sparse.csr_array`, from few pushes and pulls.

    Columns without a row in common are pushed as one tangent, rows without a column in common pulled as one
    cotangent. Pattern and colouring are found once, at `args` or at the first evaluation, and used again as long as
    the arguments keep their shapes.

    Parameters
    ----------
    f : callable
        From pytrees to pytrees of arrays.
    *args
        Where to prepare at once; without any, the first evaluation prepares.
    argnums, has_aux, holomorphic
        As in `grad`.
    sparsity : "detect", or a matrix
        A matrix of scipy.sparse or NumPy, shape (entries of the outputs, entries of the arguments), non-zero
        where the Jacobian may be. "detect" traces the program, as `jacobian_sparsity` does; where a later
        evaluation contradicts what was detected (Python took another branch), it is detected again.
    mode : {"auto", "forward", "reverse", "both"}
        Pushes, pulls, or some of each; "auto" takes what costs least.
    order : {"auto", "natural", "largest_first", "smallest_last"}
        In which columns are coloured; "auto" tries the first two.
    verify : bool
        Whether each evaluation pushes one more, random, tangent and compares it with the matrix.

    Returns
    -------
    SparseJacobian
        Call it like `f`: a csr_array of shape (entries of the outputs, entries of the arguments), the leaves of
        pytrees one after the other, each in C order; the pair `(matrix, aux)` with `has_aux`. It knows its
        `pattern`, `pushes` and `pulls`.

    Raises
    ------
    SparsityError
        At an evaluation: the given pattern is too small, and the probe says in which rows; or does not fit.
    NotDifferentiable
        The arguments are traced: a sparse matrix holds plain numbers.

    References
    ----------
    Gebremedhin, Manne and Pothen, "What color is your Jacobian?", SIAM Review 47 (2005).

    Examples
    --------
    >>> import numpy as np, dualad
    >>> def f(x):
    ...     y = x**2
    ...     y[1:] -= x[:-1]
    ...     return y
    >>> jac = dualad.sparse_jacobian(f, np.ones(1000))
    >>> jac
    SparseJacobian(1000 × 1000, 1999 entries, 2 pushes)
    >>> jac(np.arange(1000.0))[[0], :3].toarray()
    array([[0., 0., 0.]])
    """
    made = SparseJacobian(f, argnums, sparsity, mode, order, verify, has_aux, holomorphic)
    return made.prepare(*args) if args else made


def sparse_hessian(
    f: Callable,
    *args,
    argnums: int | tuple[int, ...] = 0,
    sparsity: Any = "detect",
    mode: str = "auto",
    order: str = "auto",
    verify: bool = True,
    has_aux: bool = False,
    holomorphic: bool = False,
) -> SparseHessian:
    """Function that returns the Hessian of a scalar `f` as a `scipy.sparse.csr_array`, from few products with vectors.

    Parameters
    ----------
    f : callable
        Returns a scalar.
    mode : {"auto", "symmetric", "forward"}
        "symmetric" reads an entry from its own column or from its mirror image's (star colouring), "forward" from
        its own; "auto" takes the fewer products.
    *args, argnums, sparsity, order, verify, has_aux, holomorphic
        As in `sparse_jacobian`; a given pattern is completed to a symmetric one.

    Returns
    -------
    SparseHessian
        Call it like `f`: a square csr_array over all entries of the arguments.

    Raises
    ------
    SparsityError, NotDifferentiable
        As in `sparse_jacobian`.

    Examples
    --------
    >>> import numpy as np, dualad
    >>> dualad.sparse_hessian(lambda x: np.sum(x[1:] * x[:-1] ** 2), np.ones(500))
    SparseHessian(500 × 500, 1497 entries, 3 pushes)
    """
    made = SparseHessian(f, argnums, sparsity, mode, order, verify, has_aux, holomorphic)
    return made.prepare(*args) if args else made
