"""No pattern is ever too small: every primitive on its own samples, beside its dense derivatives."""

import warnings

import numpy as np
import pytest
from scipy.sparse import csr_array

import dualad
from dualad.core.primitive import REGISTRY
from dualad.testing.samples import few, smooth_calls
from dualad.transforms.sparsity.detect import detect, gradient_of, symmetric

REGISTRY.find("")  # imports the families that are late
PRIMITIVES = sorted(
    n for n, p in REGISTRY.items() if p.flat is None and p.samples is not None or p.elementwise
)
PRIMITIVES = [n for n in PRIMITIVES if REGISTRY[n].flat is None]


def some_calls(name):
    calls = [c for c in smooth_calls(REGISTRY[name]) if c.active and all(np.size(x) < 60 for x in c.args)]
    return few([c for c in calls if not any(map(np.iscomplexobj, c.xs))], 12)


def flat(call, only=None):
    """The outputs of a call as one vector, of some of its active arguments; and these."""
    active = [k for k in range(len(call.active)) if only is None or k == only]

    def f(*xs):
        every = list(call.xs)
        for k, x in zip(active, xs, strict=True):
            every[k] = x
        outs = [np.ravel(o) for o in call.f(*every)]
        return np.concatenate(outs) if outs else np.zeros(0)

    return f, [np.array(call.xs[k]) for k in active]


def elsewhere(xs, rng, local):
    """The same arguments, and, unless the pattern is local, others: a little further, and in another order."""
    yield xs
    if local:
        return
    yield [x * (1 + 0.01 * rng.normal(size=x.shape)) for x in xs]
    yield [rng.permutation(x.ravel()).reshape(x.shape) for x in xs]


def dense(verb, f, xs):
    """The dense matrix, or None where there is none at these arguments."""
    if not all(x.size for x in xs):
        return None
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            blocks = verb(f, argnums=tuple(range(len(xs))))(*xs)
    except (np.linalg.LinAlgError, dualad.DegenerateError):
        return None
    n = [x.size for x in xs]
    if verb is dualad.jacfwd:
        return np.hstack([b.reshape(-1, k) for b, k in zip(blocks, n, strict=True)])
    return np.block(
        [[b.reshape(m, k) for b, k in zip(r, n, strict=True)] for r, m in zip(blocks, n, strict=True)]
    )


def check(pattern, matrix, what):
    if matrix is not None and np.isfinite(matrix).all():
        missing = (matrix != 0) & ~pattern.toarray()
        assert not missing.any(), (what, np.argwhere(missing)[:5])


@pytest.mark.parametrize("name", PRIMITIVES)
def test_jacobian_patterns_are_large_enough(name):
    rng = np.random.default_rng(5)
    for call in some_calls(name):
        ways = [None, *range(len(call.active))] if len(call.active) > 1 else [None]
        for only in ways:
            f, xs = flat(call, only)
            with np.errstate(all="ignore"):
                found = detect(f, xs)
            for points in elsewhere(xs, rng, found.local):
                check(found.pattern, dense(dualad.jacfwd, f, points), (call, only))


@pytest.mark.parametrize("name", PRIMITIVES)
def test_hessian_patterns_are_large_enough(name):
    rng = np.random.default_rng(6)
    for call in some_calls(name)[:5]:
        f, xs = flat(call)

        def scalar(*xs, f=f):
            return np.sum(np.sin(np.real(f(*xs))))

        with np.errstate(all="ignore"):
            found = detect(gradient_of(scalar, len(xs)), xs)
        for points in elsewhere(xs, rng, found.local):
            check(symmetric(found.pattern), dense(dualad.hessian, scalar, points), call)


EXACT = {
    "take_static", "put_static", "put_many", "put", "gather", "scatter_add", "reshape", "transpose", "broadcast_to",
    "concatenate", "stack", "roll", "flip", "repeat", "tril", "triu", "diagonal", "put_diagonal", "trace", "sum",
    "mean", "pad_zeros", "squeeze",
    "expand_dims", "copy", "cumsum", "matmul", "dot", "inner", "outer", "tensordot", "einsum",
    "affine", "avg_pool2d", "take_along_axis", "add_along_axis", "logsumexp",
    "multiply", "sin", "divide", "convolve", "conv2d",
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(EXACT))
def test_patterns_of_one_traced_argument_are_exact(name):
    """Structure that a primitive has for certain is found, entry by entry."""
    for call in some_calls(name):
        for k in range(len(call.active)):
            f, xs = flat(call, k)
            matrix = dense(dualad.jacfwd, f, xs)
            found = detect(f, xs)
            assert not found.local
            if matrix is None:
                continue
            np.testing.assert_array_equal(found.pattern.toarray(), matrix != 0, err_msg=str(call))


@pytest.mark.parametrize("name", ["sort", "max", "fft", "logsumexp", "softmax", "cumsum", "var", "prod"])
def test_what_runs_along_an_axis_stays_in_its_lines(name):
    function = {
        "logsumexp": REGISTRY["logsumexp"].face,
        "softmax": REGISTRY["softmax"].face,
        "fft": np.fft.fft,
    }
    op = function.get(name) or getattr(np, name)
    pattern = dualad.jacobian_sparsity(lambda x: op(x, axis=-1), np.arange(6.0).reshape(2, 3) + 1)
    lines = np.kron(np.eye(2), np.ones((pattern.shape[0] // 2, 3)))
    if name == "cumsum":
        lines = np.kron(np.eye(2), np.tri(3))
    np.testing.assert_array_equal(pattern.toarray(), lines != 0)


@pytest.mark.parametrize("verb", [np.linalg.inv, np.linalg.det, np.linalg.cholesky, np.linalg.eigvalsh])
def test_matrices_of_a_stack_are_apart(verb):
    stack = np.stack([np.eye(2) * (k + 1) + 0.1 for k in range(3)])
    pattern = dualad.jacobian_sparsity(verb, stack)
    size = pattern.shape[0] // 3
    np.testing.assert_array_equal(pattern.toarray(), np.kron(np.eye(3), np.ones((size, 4))) != 0)


def test_zeros_of_constants_are_no_dependence():
    a = np.diag([1.0, 0.0, 2.0])
    for f in (
        lambda x: a @ x,
        lambda x: np.einsum("ij,j->i", a, x),
        lambda x: np.dot(x, a),
        lambda x: x * np.diag(a),
    ):
        np.testing.assert_array_equal(dualad.jacobian_sparsity(f, np.ones(3)).toarray(), a != 0)


def test_zeros_of_outcomes_are_not_those_of_constants():
    """A mask that comes from the values is another one elsewhere."""
    x = np.array([1.0, -1.0])
    assert dualad.jacobian_sparsity(lambda x: x * (x > 0), x).nnz == 2
    assert dualad.jacobian_sparsity(lambda x: np.diag(np.ones(2)) @ (x * (x > 0)), x).nnz == 2
    assert dualad.jacobian_sparsity(lambda x: (np.stack([x > 0, x > 2]) * 1.0) @ x, x).nnz == 4


def test_products_of_traced_matrices():
    def f(x):
        return np.reshape(x[:4], (2, 2)) @ np.reshape(x[4:], (2, 2))

    want = np.zeros((4, 8), bool)
    for i in range(2):
        for j in range(2):
            want[2 * i + j, [2 * i, 2 * i + 1, 4 + j, 6 + j]] = True
    np.testing.assert_array_equal(dualad.jacobian_sparsity(f, np.arange(8.0)).toarray(), want)


def test_a_primitive_nobody_knows_is_taken_to_mix_everything():
    from dualad.core.primitive import primitive

    @primitive(name="test_sparsity_unknown")
    def unknown(x):
        """Twice the argument."""
        return 2 * x

    try:
        unknown.jvp(lambda dx: 2 * dx).vjp(lambda g: 2 * g)
        pattern = dualad.jacobian_sparsity(lambda x: unknown(x[:2]), np.ones(3))
        np.testing.assert_array_equal(pattern.toarray(), [[True, True, False]] * 2)
    finally:
        del REGISTRY["test_sparsity_unknown"]


def test_what_is_not_sparse_is_refused_before_memory_is_full():
    with pytest.raises(dualad.SparsityError, match="not sparse.*sparsity=pattern"):
        dualad.jacobian_sparsity(lambda x: np.sum(x) * np.ones(20_000), np.ones(20_000))


def test_patterns_are_csr_arrays_of_bool():
    pattern = dualad.jacobian_sparsity(np.sin, np.ones(3))
    assert type(pattern) is csr_array and pattern.dtype == bool and pattern.has_sorted_indices
