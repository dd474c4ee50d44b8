"""Jacobians and Hessians: both engines, pytrees, chunks, complex."""

import numpy as np
import pytest

import dualad


def f(x):
    return np.array([1.0, 2.0, 3.0]) * np.sin(x[0]) * x[1] + np.concatenate([x[1:], x])[:3]


X = np.array([0.3, 1.2])
J = np.array([[np.cos(0.3) * 1.2, np.sin(0.3)]]) * np.array([[1.0], [2.0], [3.0]]) + np.array(
    [[0, 1], [1, 0], [0, 1]]
)


@pytest.mark.parametrize("verb", [dualad.jacfwd, dualad.jacrev, dualad.jacobian])
def test_jacobian(verb):
    np.testing.assert_allclose(verb(f)(X), J)


def test_mode_is_named():
    np.testing.assert_allclose(dualad.jacobian(f, mode="reverse")(X), dualad.jacobian(f, mode="forward")(X))
    with pytest.raises(ValueError, match="forward"):
        dualad.jacobian(f, mode="backward")


@pytest.mark.parametrize("verb", [dualad.jacfwd, dualad.jacrev])
def test_trees_and_shapes(verb):
    def g(p):
        return {"a": np.outer(p["u"], p["v"]), "b": np.sum(p["u"])}

    j = verb(g)({"u": np.ones(2), "v": np.arange(3.0)})
    assert j["a"]["u"].shape == (2, 3, 2) and j["a"]["v"].shape == (2, 3, 3)
    assert j["b"]["u"].shape == (2,) and np.array_equal(j["b"]["v"], np.zeros(3))
    np.testing.assert_array_equal(j["a"]["u"][:, :, 1], [[0, 0, 0], [0, 1, 2]])


@pytest.mark.parametrize("verb", [dualad.jacfwd, dualad.jacrev])
def test_more_columns_than_a_chunk(verb):
    x = np.linspace(0, 1, 700)
    np.testing.assert_allclose(verb(lambda x: np.sin(x))(x), np.diag(np.cos(x)))


@pytest.mark.parametrize("verb", [dualad.jacfwd, dualad.jacrev])
def test_argnums_and_aux(verb):
    j, aux = verb(lambda x, y: (x * y, "aux"), argnums=(0, 1), has_aux=True)(np.ones(2), np.full(2, 3.0))
    assert aux == "aux"
    np.testing.assert_array_equal(j[0], 3 * np.eye(2))
    np.testing.assert_array_equal(j[1], np.eye(2))


@pytest.mark.parametrize("verb", [dualad.jacfwd, dualad.jacrev])
def test_holomorphic(verb):
    z = np.array([1.0 + 1j, 2.0 - 1j])
    np.testing.assert_allclose(verb(lambda z: z**2, holomorphic=True)(z), np.diag(2 * z))
    with pytest.raises(dualad.NotDifferentiable, match="holomorphic"):
        verb(lambda z: z**2)(z)


def test_hessian_of_rosenbrock():
    def rosenbrock(x):
        return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)

    from scipy.optimize import rosen_der, rosen_hess, rosen_hess_prod

    x, v = np.array([0.3, -0.8, 1.1, 0.4]), np.array([1.0, 2.0, -1.0, 0.5])
    np.testing.assert_allclose(dualad.grad(rosenbrock)(x), rosen_der(x))
    np.testing.assert_allclose(dualad.hessian(rosenbrock)(x), rosen_hess(x))
    np.testing.assert_allclose(dualad.hvp(rosenbrock, (x,), (v,)), rosen_hess_prod(x, v))


def test_hessian_in_all_four_mixes():
    g = lambda x: np.sum(np.tanh(x) * np.prod(x))
    x = np.array([0.3, 1.2, -0.7])
    verbs = (dualad.jacfwd, dualad.jacrev)
    h = [outer(inner(g))(x) for outer in verbs for inner in verbs]
    for other in h[1:]:
        np.testing.assert_allclose(other, h[0], rtol=1e-12, atol=1e-14)


# ---- which mode, and why ----------------------------------------------------------------------------


def test_auto_counts_entries_and_explains_itself():
    wide = dualad.jacobian(lambda p: p["a"][:1] * p["b"], argnums=0)
    tree = {"a": np.ones(50), "b": np.float64(2.0)}
    choice = wide.explain(tree)
    assert (choice.mode, choice.inputs, choice.outputs) == ("reverse", 51, 1)
    assert str(choice) == (
        "51 inputs, 1 outputs: the Jacobian has 1 × 51 entries.\n"
        "forward: 51 columns to push, cost 51\n"
        "reverse: 1 rows to pull, at 1.4 of a column each, cost 1.4\n"
        "chosen: reverse (jacrev)"
    )
    tall = dualad.jacobian(lambda x, y: (np.outer(x, y), x), argnums=(0, 1))
    choice = tall.explain(np.ones(3), np.ones(4))
    assert (choice.mode, choice.inputs, choice.outputs) == ("forward", 7, 15)
    assert dualad.jacobian(lambda x: (x, "aux"), has_aux=True).explain(np.ones(3)).outputs == 3


def test_auto_does_what_it_says(monkeypatch):
    taken = []
    for name in ("jacfwd", "jacrev"):
        verb = getattr(dualad.transforms.jacobian, name)
        monkeypatch.setattr(
            dualad.transforms.jacobian, name, lambda *a, v=verb, n=name, **k: (taken.append(n), v(*a, **k))[1]
        )
    dualad.jacobian(np.sum)(np.ones(3))
    dualad.jacobian(lambda x: np.outer(x, x))(np.ones(3))
    assert taken == ["jacrev", "jacfwd"]


# ---- memory -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", [dualad.jacfwd, dualad.jacrev, dualad.jacobian])
def test_blocks_share_no_memory(verb):
    j = verb(lambda x: (x, x, 2 * x))(np.ones(3))
    k = verb(lambda x, y: x + y, argnums=(0, 1))(np.ones(3), np.ones(3))
    blocks = (*j, *k)
    for i, a in enumerate(blocks):
        assert a.flags.writeable
        assert not any(np.shares_memory(a, b) for b in blocks[:i])


@pytest.mark.parametrize("verb", [dualad.jacfwd, dualad.jacrev, dualad.jacobian, dualad.hessian])
@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_chunks_change_nothing_but_memory(verb, size):
    f = (lambda x: np.sum(x**4)) if verb is dualad.hessian else (lambda x: np.outer(x, np.sin(x)))
    x = np.linspace(1, 2, 5)
    np.testing.assert_array_equal(verb(f, chunk_size=size)(x), verb(f)(x))


def test_chunks_bound_the_batch():
    sizes = []

    def f(x):
        return dualad.numpy.exp(Spy(sizes, x).x)

    class Spy:
        def __init__(self, sizes, x):
            self.x = x
            batched = x.aux
            sizes.append(batched.value.shape[0])

    dualad.jacfwd(f, chunk_size=4)(np.ones(10))
    assert sizes == [4, 4, 2]


@pytest.mark.parametrize("size", [0, -1, 2.5, "many"])
@pytest.mark.parametrize("verb", [dualad.jacfwd, dualad.jacrev, dualad.jacobian])
def test_chunk_size_is_a_count(verb, size):
    with pytest.raises(ValueError, match="chunk_size=.*whole number"):
        verb(np.sin, chunk_size=size)


# ---- kinds of arrays --------------------------------------------------------------------------------


def test_complex_conventions():
    """Of a real function of complex arguments jacrev gives what grad gives; of a real argument, jacfwd any output."""
    z = np.array([1 + 2j, 3 - 1j])
    u = lambda z: np.abs(z) ** 2
    np.testing.assert_allclose(dualad.jacrev(u)(z), np.diag(2 * z.conj()))
    np.testing.assert_allclose(dualad.jacfwd(lambda x: x * (1 + 2j))(np.ones(2)), (1 + 2j) * np.eye(2))
    with pytest.raises(dualad.NotDifferentiable, match="complex outputs need holomorphic=True"):
        dualad.jacrev(lambda x: x * 1j)(np.ones(2))
    for verb in (dualad.jacfwd, dualad.jacrev):
        with pytest.raises(dualad.NotDifferentiable, match="needs complex arguments"):
            verb(lambda x: x * 1j, holomorphic=True)(np.ones(2))


@pytest.mark.parametrize("verb", [dualad.jacfwd, dualad.jacrev, dualad.jacobian, dualad.hessian])
def test_integers_are_refused(verb):
    with pytest.raises(dualad.NotDifferentiable, match=r"int64.*test_jacobian.py.*3\.0 for 3"):
        verb(lambda x: x * 2.0)(np.arange(3))
    with pytest.raises(TypeError, match="allow_int"):
        verb(lambda x: x * 2.0, allow_int=True)


def test_integer_outputs_have_zero_jacobians():
    for verb in (dualad.jacfwd, dualad.jacrev):
        j = verb(lambda x: (np.argmax(x), x * 2))(np.ones(3))
        np.testing.assert_array_equal(j[0], np.zeros(3))
        np.testing.assert_array_equal(j[1], 2 * np.eye(3))


def test_empty_arrays_and_trees():
    for verb in (dualad.jacfwd, dualad.jacrev, dualad.jacobian):
        assert verb(np.sin)(np.zeros(0)).shape == (0, 0)
        assert verb(lambda x: x[:0])(np.ones(3)).shape == (0, 3)
        assert verb(lambda x: np.zeros(2) + np.sum(x))(np.zeros(0)).shape == (2, 0)
        assert verb(lambda p: np.ones(2))({}) == {}


def test_keywords_and_negative_argnums():
    f = lambda x, y, *, scale: x * y * scale
    np.testing.assert_array_equal(
        dualad.jacfwd(f, argnums=-1)(np.ones(2), np.ones(2), scale=3.0), 3 * np.eye(2)
    )
    with pytest.raises(TypeError, match="argnums=2.*2 positional"):
        dualad.jacrev(f, argnums=2)(np.ones(2), np.ones(2), scale=3.0)


@pytest.mark.parametrize("outputs", [1, 2, 4, 5])
def test_rows_of_a_batch_pulled_one_by_one_or_together(outputs):
    def f(x, y):
        return np.sin(x[:outputs]) * x[-1] * y, np.sum(x) * y

    xs, ys = np.linspace(0, 1, 18).reshape(3, 6), np.array([1.0, 2.0, 3.0])
    both = dualad.vmap(dualad.jacrev(f, argnums=(0, 1)))(xs, ys)
    for k in range(3):
        one = dualad.jacfwd(f, argnums=(0, 1))(xs[k], ys[k])
        for have, want in zip(dualad.tree_leaves(both), dualad.tree_leaves(one), strict=True):
            np.testing.assert_allclose(have[k], want, rtol=1e-14)
    twice = dualad.vmap(dualad.jacfwd(dualad.jacrev(lambda x: np.sum(x[:outputs] ** 3) * x[-1])))(xs)
    np.testing.assert_allclose(twice[1], dualad.hessian(lambda x: np.sum(x[:outputs] ** 3) * x[-1])(xs[1]))
