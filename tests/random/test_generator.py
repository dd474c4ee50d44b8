"""Draws: NumPy's numbers bit by bit, derivatives at a fixed place in the distribution, rows of a vmap, refusals."""

import copy
import pickle

import numpy as np
import pytest
import scipy.stats as st

import dualad
from dualad.random import Generator, _continuous, _multivariate, default_rng

PARAMETERS = {
    "normal": (0.3, 1.2),
    "uniform": (-1.0, 2.0),
    "laplace": (0.3, 1.2),
    "logistic": (0.3, 1.2),
    "gumbel": (0.3, 1.2),
    "lognormal": (0.2, 0.5),
    "exponential": (1.7,),
    "rayleigh": (1.3,),
    "weibull": (1.4,),
    "pareto": (2.5,),
    "power": (1.7,),
    "triangular": (-1.0, 0.4, 2.0),
    "standard_gamma": (1.6,),
    "gamma": (1.6, 0.8),
    "chisquare": (2.7,),
    "beta": (1.3, 2.2),
    "f": (3.0, 5.0),
    "standard_t": (4.3,),
    "wald": (1.2, 2.1),
    "vonmises": (0.4, 1.9),
    "noncentral_chisquare": (3.2, 1.4),
    "noncentral_f": (3.2, 5.5, 1.4),
}
# The same distributions in SciPy, whose quantiles are smooth in the parameters.
QUANTILES = {
    "normal": lambda loc, scale: st.norm(loc, scale),
    "uniform": lambda low, high: st.uniform(low, high - low),
    "laplace": lambda loc, scale: st.laplace(loc, scale),
    "logistic": lambda loc, scale: st.logistic(loc, scale),
    "gumbel": lambda loc, scale: st.gumbel_r(loc, scale),
    "lognormal": lambda mean, sigma: st.lognorm(sigma, scale=np.exp(mean)),
    "exponential": lambda scale: st.expon(scale=scale),
    "rayleigh": lambda scale: st.rayleigh(scale=scale),
    "weibull": lambda a: st.weibull_min(a),
    "pareto": lambda a: st.lomax(a),
    "power": lambda a: st.powerlaw(a),
    "triangular": lambda left, mode, right: st.triang((mode - left) / (right - left), left, right - left),
    "standard_gamma": lambda a: st.gamma(a),
    "gamma": lambda a, scale: st.gamma(a, scale=scale),
    "chisquare": lambda df: st.chi2(df),
    "beta": lambda a, b: st.beta(a, b),
    "f": lambda top, bottom: st.f(top, bottom),
    "standard_t": lambda df: st.t(df),
}
SIZES = (None, 5, (2, 3), ())
NAMES = sorted(PARAMETERS)


def draw_of(name, size):
    return lambda *p: getattr(default_rng(7), name)(*p, size=size)


def test_every_row_is_tested():
    assert set(PARAMETERS) == set(_continuous.ROWS)
    takes_size = {
        n for n in dir(np.random.Generator) if "size=None" in (getattr(np.random.Generator, n).__doc__ or "")
    }
    ours = {n for c in Generator.__mro__[:4] for n in vars(c)}
    assert takes_size <= ours


@pytest.mark.parametrize("name", NAMES)
def test_numbers_are_numpys(name, monkeypatch):
    p = PARAMETERS[name]
    ones = tuple(np.ones_like(p))
    for size in SIZES:
        want = getattr(np.random.default_rng(7), name)(*p, size=size)
        f = draw_of(name, size)
        assert type(f(*p)) is type(want) and np.array_equal(f(*p), want)
        value, _ = dualad.jvp(f, p, ones)
        assert np.array_equal(value, want)
        assert np.array_equal(dualad.vjp(f, *p)[0], want)
    monkeypatch.setattr(
        _continuous, "pinned", lambda x, z: x
    )  # what is differentiated is the number, but for rounding
    value, _ = dualad.jvp(draw_of(name, (2, 3)), p, ones)
    np.testing.assert_allclose(value, draw_of(name, (2, 3))(*p), rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("name", NAMES)
def test_numbers_are_numpys_for_arrays_of_parameters(name):
    p = [np.asarray(x) * np.array([[1.0], [1.1]]) for x in PARAMETERS[name][:1]] + [
        np.asarray(x) * np.array([1.0, 1.1, 1.2]) for x in PARAMETERS[name][1:]
    ]
    want = getattr(np.random.default_rng(7), name)(*p)
    value, _ = dualad.jvp(draw_of(name, None), tuple(p), tuple(p))
    assert np.array_equal(value, want)


@pytest.mark.parametrize("name", sorted(QUANTILES))
def test_derivatives_are_those_of_the_quantile(name):
    p = PARAMETERS[name]
    z = draw_of(name, 6)(*p)
    place = QUANTILES[name](*p).cdf(z)
    upper = QUANTILES[name](*p).sf(z)

    def quantile(*p):
        q = QUANTILES[name](*p)
        return np.where(place < 0.5, q.ppf(place), q.isf(upper))

    for k in range(len(p)):
        move = tuple(float(i == k) for i in range(len(p)))
        _, got = dualad.jvp(draw_of(name, 6), p, move)
        h = 1e-3
        steps = [quantile(*[x + s * h * m for x, m in zip(p, move, strict=True)]) for s in (-2, -1, 1, 2)]
        want = (steps[0] - 8 * steps[1] + 8 * steps[2] - steps[3]) / (12 * h)
        np.testing.assert_allclose(got, want, rtol=2e-8, atol=1e-9)


def test_wald_and_vonmises_keep_their_place():
    z, dz = dualad.jvp(lambda s: default_rng(7).wald(1.2, s, 6), (2.1,), (1.0,))
    _, dmean = dualad.jvp(lambda m: default_rng(7).wald(m, 2.1, 6), (1.2,), (1.0,))

    def place(z, mean, scale):
        return st.invgauss(mean / scale, scale=scale).cdf(z)

    h = 1e-5
    moved = [place(z + s * h * dz, 1.2, 2.1 + s * h) for s in (-1, 1)]
    np.testing.assert_allclose(moved[0], moved[1], atol=1e-11)
    moved = [place(z + s * h * dmean, 1.2 + s * h, 2.1) for s in (-1, 1)]
    np.testing.assert_allclose(moved[0], moved[1], atol=1e-11)
    z, dz = dualad.jvp(lambda k: default_rng(7).vonmises(0.4, k, 6), (1.9,), (1.0,))
    moved = [st.vonmises(1.9 + s * h).cdf(z - 0.4 + s * h * dz) for s in (-1, 1)]
    np.testing.assert_allclose(moved[0], moved[1], atol=1e-9)


@pytest.mark.parametrize("name", NAMES)
def test_engines_agree_to_second_order(name):
    p = np.array(PARAMETERS[name])
    f = lambda p: np.sum(np.sin(draw_of(name, 4)(*p)))
    forward, reverse = dualad.jacfwd(f)(p), dualad.grad(f)(p)
    np.testing.assert_allclose(forward, reverse, rtol=1e-12, atol=1e-14)
    ways = [a(b(f))(p) for a in (dualad.jacfwd, dualad.jacrev) for b in (dualad.jacfwd, dualad.grad)]
    for way in ways[1:]:
        np.testing.assert_allclose(way, ways[0], rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(
        ways[0], ways[0].T, rtol=1e-10, atol=1e-12
    )  # a function of the parameters, at fixed noise


@pytest.mark.parametrize("name", ["gamma", "beta", "standard_t", "wald", "vonmises"])
def test_second_derivatives_are_differences_of_the_first(name):
    """Along the path of the number itself: it moves with the parameter, and so does its velocity."""
    p = np.array(PARAMETERS[name])
    f = lambda p: np.sum(draw_of(name, 3)(*p) ** 2)
    z, dz = dualad.jvp(lambda p: draw_of(name, 3)(*p), (p,), (np.eye(len(p))[0],))
    second = dualad.hvp(f, (p,), (np.eye(len(p))[0],))[0]
    d2z = dualad.jvp(
        lambda p: dualad.jvp(lambda p: draw_of(name, 3)(*p), (p,), (np.eye(len(p))[0],))[1],
        (p,),
        (np.eye(len(p))[0],),
    )[1]
    np.testing.assert_allclose(second, np.sum(2 * dz * dz + 2 * z * d2z), rtol=1e-10)
    if name in ("gamma", "beta", "standard_t"):
        dist = {
            "gamma": lambda a: st.gamma(a, scale=0.8),
            "beta": lambda a: st.beta(a, 2.2),
            "standard_t": st.t,
        }[name]
        h, place = 1e-2, dist(p[0]).cdf(z)
        q = [dist(p[0] + s * h).ppf(place) for s in (-2, -1, 0, 1, 2)]
        want = (-q[0] + 16 * q[1] - 30 * q[2] + 16 * q[3] - q[4]) / (12 * h * h)
        np.testing.assert_allclose(d2z, want, rtol=2e-5)


@pytest.mark.parametrize("method", ["svd", "eigh", "cholesky"])
@pytest.mark.parametrize("size", [None, 4, (2, 2)])
def test_multivariate_normal(method, size, monkeypatch):
    mean, cov = np.array([0.1, 0.2, 0.3]), np.array([[2.0, 0.3, 0.1], [0.3, 1.5, -0.2], [0.1, -0.2, 0.9]])
    f = lambda mean, cov: default_rng(3).multivariate_normal(mean, cov, size, method=method)
    want = np.random.default_rng(3).multivariate_normal(mean, cov, size, method=method)
    move = np.array([[0.2, 0.5, -0.1], [0.5, 0.3, 0.4], [-0.1, 0.4, 0.7]])
    value, tangent = dualad.jvp(f, (mean, cov), (mean, move))
    assert np.array_equal(value, want)
    h = 1e-5
    numbers = (f(mean + h * mean, cov + h * move) - f(mean - h * mean, cov - h * move)) / (2 * h)
    np.testing.assert_allclose(tangent, numbers, atol=1e-8)
    g = dualad.grad(lambda cov: np.sum(f(mean, cov) ** 2))(cov)
    np.testing.assert_allclose(
        np.sum(g * move), dualad.jvp(lambda c: np.sum(f(mean, c) ** 2), (cov,), (move,))[1]
    )
    only_mean = dualad.jacfwd(lambda m: f(m, cov))(mean)
    assert np.array_equal(only_mean, np.broadcast_to(np.eye(3), (*want.shape, 3)))
    monkeypatch.setattr(_multivariate, "pinned", lambda x, z: x)
    np.testing.assert_allclose(dualad.jvp(f, (mean, cov), (mean, move))[0], want, rtol=1e-12, atol=1e-13)


def test_multivariate_normal_of_equal_eigenvalues():
    f = lambda s, method: np.sum(
        default_rng(3).multivariate_normal(np.zeros(2), s * np.eye(2), 3, method=method)
    )
    for method in ("svd", "eigh"):
        with pytest.raises(dualad.DegenerateError, match='method="cholesky"'):
            dualad.grad(f)(2.0, method)
    noise = np.random.default_rng(3).standard_normal((3, 2))
    np.testing.assert_allclose(dualad.grad(f)(2.0, "cholesky"), noise.sum() / (2 * np.sqrt(2.0)))


@pytest.mark.parametrize("alpha", [(1.2, 0.4, 2.0), (0.05, 0.09, 0.02)])
@pytest.mark.parametrize("size", [None, 4, (2, 2)])
def test_dirichlet(alpha, size, monkeypatch):
    alpha = np.array(alpha)
    f = lambda a: default_rng(3).dirichlet(a, size)
    want = np.random.default_rng(3).dirichlet(alpha, size)
    value, tangent = dualad.jvp(f, (alpha,), (alpha,))
    assert np.array_equal(value, want)
    np.testing.assert_allclose(tangent.sum(axis=-1), 0, atol=1e-14)  # it stays on the simplex
    g = dualad.grad(lambda a: np.sum(f(a)[..., 0]))(alpha)
    np.testing.assert_allclose(np.sum(g * alpha), np.sum(tangent[..., 0]), rtol=1e-12, atol=1e-14)
    monkeypatch.setattr(_multivariate, "pinned", lambda x, z: x)
    np.testing.assert_allclose(dualad.jvp(f, (alpha,), (alpha,))[0], want, rtol=1e-12, atol=1e-15)


def test_dirichlet_under_vmap_keeps_to_one_way():
    f = dualad.vmap(dualad.grad(lambda s: default_rng(3).dirichlet(s * np.ones(3))[0]))
    with pytest.raises(dualad.NotDifferentiable, match="below 0.1"):
        f(np.array([0.05, 1.0]))
    assert f(np.array([0.5, 1.0])).shape == (2,)


def test_single_precision():
    want = np.random.default_rng(1).standard_gamma(1.5, size=3, dtype=np.float32)
    value, tangent = dualad.jvp(
        lambda a: default_rng(1).standard_gamma(a, size=3, dtype=np.float32), (1.5,), (1.0,)
    )
    assert value.dtype == tangent.dtype == np.float32 and np.array_equal(value, want)
    g = dualad.grad(lambda m: np.sum(default_rng(1).normal(m, 1.0, 3)))(np.ones(3, np.float32))
    assert g.dtype == np.float32 and g.tolist() == [1, 1, 1]


def test_far_from_the_origin_noise_keeps_its_digits():
    g = dualad.grad(lambda s: np.sum(default_rng(0).normal(1e9, s, 3)))(1e-6)
    np.testing.assert_allclose(g, np.random.default_rng(0).standard_normal(3).sum(), rtol=1e-14)


def test_lists_of_traced_values_and_keywords():
    g = dualad.grad(lambda m: np.sum(default_rng(0).normal(loc=[m, 2 * m], scale=1.0)))(1.0)
    assert g == 3.0


def test_a_gamma_that_underflows():
    f = lambda a: np.sum(default_rng(0).gamma(a, size=50))
    assert np.min(default_rng(0).gamma(1e-3, size=50)) == 0
    assert np.isfinite(dualad.grad(f)(1e-3))


# ---- rows of a vmap -----------------------------------------------------------------------------------------


def test_rows_draw_their_own_numbers():
    a = np.array([0.5, 1.0, 2.0])
    rng = default_rng(0)
    got = dualad.vmap(lambda a: rng.gamma(a, size=2))(a)
    assert np.array_equal(got, np.random.default_rng(0).gamma(a[:, None], size=(3, 2)))
    assert len(set(dualad.vmap(lambda a: a * 0 + rng.normal())(a))) == 3
    assert len(np.unique(dualad.vmap(lambda a: rng.random(2))(a))) == 6
    assert dualad.vmap(lambda s: dualad.vmap(lambda b: rng.normal(s, b, size=2))(a))(a).shape == (3, 3, 2)


def test_rows_differentiate():
    a = np.array([0.5, 1.0, 2.0])
    z, want = dualad.jvp(lambda a: default_rng(0).gamma(a), (a,), (np.ones(3),))
    rng = default_rng(0)
    np.testing.assert_allclose(dualad.vmap(dualad.grad(lambda a: rng.gamma(a)))(a), want, rtol=1e-13)
    f = lambda a: dualad.vmap(lambda a: default_rng(0).gamma(a))(a)
    np.testing.assert_allclose(np.diag(dualad.jacrev(f)(a)), want, rtol=1e-13)
    np.testing.assert_allclose(dualad.jacfwd(f)(a), dualad.jacrev(f)(a), rtol=1e-13)


def test_rows_of_vectors_and_whole_numbers():
    a, rng = np.array([0.5, 1.0, 2.0]), default_rng(0)
    assert dualad.vmap(lambda a: rng.dirichlet(a * np.ones(3), 2))(a).shape == (3, 2, 3)
    assert dualad.vmap(lambda a: rng.multivariate_normal(a * np.ones(2), np.eye(2), 4))(a).shape == (3, 4, 2)
    assert dualad.vmap(lambda a: rng.poisson(a, size=50))(a).mean(axis=1).argsort().tolist() == [0, 1, 2]
    assert dualad.vmap(lambda a: rng.integers(0, 10, size=6))(a).dtype == np.int64
    assert dualad.vmap(lambda a: rng.multinomial(5, [0.5, 0.5]))(a).sum(axis=1).tolist() == [5, 5, 5]
    rows = dualad.vmap(lambda a: rng.permutation(8))(a)
    assert (
        np.array_equal(np.sort(rows), np.broadcast_to(np.arange(8), (3, 8)))
        and len(np.unique(rows, axis=0)) == 3
    )
    got = dualad.vmap(lambda a: rng.permutation(a * np.arange(8.0)))(a)
    assert np.array_equal(np.sort(got), a[:, None] * np.arange(8.0))
    assert dualad.vmap(lambda a: rng.choice(6, size=2, replace=False))(a).shape == (3, 2)


def test_tangents_are_no_rows():
    """`jacfwd` and its like push many tangents through one draw."""
    x = np.array([0.5, 1.0, 2.0])
    e = np.random.default_rng(0).normal(size=3)
    f = lambda x: x * default_rng(0).normal(size=3)
    for jacobian in (dualad.jacfwd, dualad.jacrev):
        assert np.array_equal(jacobian(f)(x), np.diag(e))
    g = lambda x: np.sum(f(x) * x * x)
    for mode in ("fwd-over-rev", "rev-over-fwd", "rev-over-rev", "fwd-over-fwd"):
        np.testing.assert_allclose(dualad.hessian(g, mode=mode)(x), np.diag(6 * x * e), rtol=1e-12)
    np.testing.assert_allclose(dualad.sparse_jacobian(f)(x).toarray(), np.diag(e), rtol=1e-12)
    np.testing.assert_allclose(dualad.jacobian_operator(f, x).matvec(np.ones(3)), e, rtol=1e-12)


# ---- orders and choices ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name, keywords",
    [
        ("permutation", {}),
        ("permutation", {"axis": 1}),
        ("permuted", {}),
        ("permuted", {"axis": 0}),
        ("permuted", {"axis": 1}),
        ("choice", {}),
        ("choice", {"size": 5}),
        ("choice", {"size": (2, 3), "axis": 1}),
        ("choice", {"size": 2, "replace": False}),
        ("choice", {"size": 2, "replace": False, "shuffle": False}),
        ("choice", {"size": 4, "p": [0.2, 0.3, 0.5]}),
    ],
)
def test_entries_move_with_their_derivatives(name, keywords):
    x = np.arange(12.0).reshape(3, 4)
    want = getattr(np.random.default_rng(5), name)(x, **keywords)
    f = lambda x: getattr(default_rng(5), name)(x, **keywords)
    value, tangent = dualad.jvp(f, (x,), (10 * x,))
    assert np.array_equal(value, want) and np.array_equal(tangent, 10 * want)
    _, pull = dualad.vjp(f, x)
    assert np.sum(pull(np.ones_like(want))[0]) == want.size


@pytest.mark.parametrize("shape, axis", [((5,), 0), ((5, 2), 0), ((2, 5), 1)])
def test_shuffle_in_place(shape, axis):
    x = np.arange(10.0)[: np.prod(shape)].reshape(shape)
    want = x.copy()
    np.random.default_rng(5).shuffle(want, axis=axis)

    def f(x):
        y = x * 1.0
        default_rng(5).shuffle(y, axis=axis)
        return y

    value, tangent = dualad.jvp(f, (x,), (10 * x,))
    assert np.array_equal(value, want) and np.array_equal(tangent, 10 * want)


def test_numpys_shuffle_of_rows_is_refused():
    def f(x):
        y = x * 1.0
        np.random.default_rng(0).shuffle(y)

    with pytest.raises(dualad.MissingRule, match=r"dualad.random.Generator\(rng\).shuffle\(x\)"):
        dualad.grad(f)(np.ones((3, 2)))


# ---- what is refused --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "draw, text",
    [
        (lambda rng, a: rng.poisson(a), "k * np.log(lam) - lam"),
        (lambda rng, a: rng.binomial(5, a), "np.log1p(-p)"),
        (lambda rng, a: rng.negative_binomial(5, a), "n * np.log(p)"),
        (lambda rng, a: rng.geometric(a), "(k - 1) * np.log1p(-p)"),
        (lambda rng, a: rng.zipf(a + 1), "log_zeta"),
        (lambda rng, a: rng.logseries(a), "np.log(-np.log1p(-p))"),
        (lambda rng, a: rng.multinomial(5, [a, 1 - a]), "np.sum(k * np.log(pvals))"),
        (lambda rng, a: rng.choice(2, p=[a, 1 - a]), "np.log(p[k])"),
        (lambda rng, a: rng.integers(0, 10 * a), "rng.uniform instead"),
        (lambda rng, a: rng.hypergeometric(10 * a, 2, 3), "whole numbers"),
        (lambda rng, a: rng.multivariate_hypergeometric([10 * a, 2], 3), "whole numbers"),
    ],
)
def test_whole_numbers_name_the_score_function(draw, text):
    for transform in (dualad.grad, dualad.jacfwd):
        with pytest.raises(dualad.NotDifferentiable) as caught:
            transform(lambda a: a * draw(default_rng(0), a))(0.4)
        assert text in str(caught.value) and "test_generator.py" in str(caught.value)


def test_the_score_function_as_the_error_says_it():
    def estimate(lam):
        k = default_rng(0).poisson(dualad.stop_gradient(lam), size=200_000)
        return np.mean(dualad.stop_gradient(k**2) * (k * np.log(lam) - lam))

    assert abs(dualad.grad(estimate)(1.5) - (2 * 1.5 + 1)) < 0.05  # E k² = λ² + λ


def test_other_refusals():
    with pytest.raises(dualad.MissingRule, match="out="):
        dualad.grad(lambda a: default_rng(0).standard_gamma(a, out=np.zeros(())))(1.0)
    for draw in (
        lambda rng, a: rng.noncentral_chisquare(0.9, a),
        lambda rng, a: rng.noncentral_f(2.0, 4.0, 0 * a),
    ):
        with pytest.raises(dualad.NotDifferentiable, match="degrees of freedom ≤ 1"):
            dualad.grad(lambda a, draw=draw: draw(default_rng(0), a))(1.0)
    for draw in (lambda rng: rng.shuffle([1, 2]), lambda rng: rng.bytes(2)):
        with pytest.raises(dualad.RandomLayer, match="under vmap"):
            dualad.vmap(lambda a, draw=draw: draw(default_rng(0)))(np.ones(2))
    with pytest.raises(dualad.MissingRule, match="out="):
        dualad.vmap(lambda a: default_rng(0).random(out=np.zeros(2)))(np.ones(2))


@pytest.mark.parametrize(
    "draw",
    [
        lambda rng, a: rng.normal(a, 1.0),
        lambda rng, a: rng.gamma(a),
        lambda rng, a: rng.dirichlet(a * np.ones(3))[0],
        lambda rng, a: rng.permutation(a * np.ones(3))[0],
        lambda rng, a: rng.poisson(a),
        lambda _, a: np.random.normal(a, 1.0),  # noqa: NPY002
        lambda _, a: np.random.uniform(a, 3.0, size=2).sum(),  # noqa: NPY002
    ],
)
def test_plain_generators_name_the_remedy(draw):
    with pytest.raises(dualad.ConversionError, match=r"dualad.random.default_rng\(seed\)"):
        dualad.grad(lambda a: draw(np.random.default_rng(0), a))(1.0)


def test_other_conversions_do_not_speak_of_generators():
    with pytest.raises(dualad.ConversionError) as caught:
        dualad.grad(lambda a: np.asarray(a, dtype=object))(1.0)
    assert "dualad.random" not in str(caught.value)


# ---- the object ---------------------------------------------------------------------------------------------------


def test_it_is_a_numpy_generator():
    rng = default_rng(3)
    assert isinstance(rng, np.random.Generator) and default_rng(rng) is rng
    plain = np.random.default_rng(3)
    shared = Generator(plain)
    assert shared.bit_generator is plain.bit_generator
    first = np.random.default_rng(3).random(3)
    assert [shared.random(), plain.random(), shared.random()] == list(first)
    for again in (pickle.loads(pickle.dumps(rng)), copy.deepcopy(rng)):
        assert type(again) is Generator and again.random() == first[0]
    assert all(type(child) is Generator for child in rng.spawn(2))
    assert [type(default_rng(np.random.MT19937(1)).bit_generator)] == [np.random.MT19937]


@pytest.mark.parametrize("bits", ["PCG64", "PCG64DXSM", "MT19937", "Philox", "SFC64"])
def test_every_bit_generator(bits):
    make = getattr(np.random, bits)
    want = np.random.Generator(make(5)).normal(1.0, 2.0, size=4)
    value, tangent = dualad.jvp(lambda m: Generator(make(5)).normal(m, 2.0, size=4), (1.0,), (1.0,))
    assert np.array_equal(value, want) and np.array_equal(tangent, np.ones(4))


def test_plain_draws_of_every_method_are_numpys():
    calls = {
        "random": (3,),
        "standard_normal": (3,),
        "standard_exponential": (3,),
        "standard_cauchy": (3,),
        "integers": (5, 9, 4),
        "poisson": (2.0, 4),
        "binomial": (5, 0.3, 4),
        "negative_binomial": (5, 0.3, 4),
        "geometric": (0.3, 4),
        "zipf": (2.0, 4),
        "logseries": (0.3, 4),
        "hypergeometric": (5, 4, 3, 4),
        "multinomial": (5, [0.2, 0.8], 4),
        "multivariate_hypergeometric": ([5, 4], 3, 4),
        "noncentral_chisquare": (3.0, 1.0, 4),
        "noncentral_f": (3.0, 4.0, 1.0, 4),
        "permutation": (7,),
        "permuted": ([1, 2, 3],),
        "choice": (5, 3),
        "dirichlet": ([1.0, 2.0], 3),
        "multivariate_normal": ([1.0, 2.0], np.eye(2), 3),
        "bytes": (5,),
    }
    for name, args in calls.items():
        want = getattr(np.random.default_rng(2), name)(*args)
        got = getattr(default_rng(2), name)(*args)
        assert type(got) is type(want) and np.array_equal(got, want), name
    assert set(calls) | set(PARAMETERS) | {"shuffle", "spawn", "bit_generator"} == {
        n for n in dir(np.random.Generator) if not n.startswith("_")
    }


def test_a_checkpoint_draws_the_same_again():
    def f(x):
        return np.sum(np.sin(x * RNG.normal(x, 1.0, size=3)))

    RNG = default_rng(4)
    want = dualad.grad(f)(0.7)
    RNG = default_rng(4)
    assert dualad.grad(dualad.checkpoint(f))(0.7) == want


# ---- tensors ------------------------------------------------------------------------------------------------------


def test_tensors_give_tensors():
    a = dualad.tensor([0.5, 2.0], requires_grad=True)
    z = default_rng(0).gamma(a, scale=2.0)
    assert type(z) is dualad.Tensor and z.requires_grad
    assert np.array_equal(z.detach().numpy(), np.random.default_rng(0).gamma([0.5, 2.0], 2.0))
    z.sum().backward()
    want = dualad.grad(lambda a: np.sum(default_rng(0).gamma(a, scale=2.0)))(np.array([0.5, 2.0]))
    np.testing.assert_allclose(a.grad.numpy(), want, rtol=1e-13)
    with dualad.no_grad():
        assert not default_rng(0).normal(loc=a).requires_grad
    assert type(default_rng(0).poisson(dualad.ones(3))) is dualad.Tensor
    assert default_rng(0).normal(dualad.tensor(1.0)).shape == ()
    moved = default_rng(0).permutation(a)
    moved[0].backward()
    np.testing.assert_allclose(np.sort(a.grad.numpy() - want), [0.0, 1.0], atol=1e-12)


def test_what_tensors_are_refused():
    a = dualad.tensor([0.5, 2.0], requires_grad=True)
    with pytest.raises(dualad.NotDifferentiable, match="score function"):
        default_rng(0).poisson(a)
    with pytest.raises(dualad.MissingRule, match="randperm"):
        default_rng(0).shuffle(a)
