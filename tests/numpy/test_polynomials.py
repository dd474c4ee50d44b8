"""`dualad.numpy.polynomial`: functions by every argument, classes; `np.polynomial` is right or names the way."""

import numpy as np
import pytest

import dualad
from dualad import numpy as dnp
from dualad.testing import check_grads

c = np.array([1.0, -2.0, 3.0])
x = np.array([0.5, 1.5])
grid = np.arange(4.0)
y = np.array([1.0, 2.0, 0.0, 4.0])
C = np.arange(1.0, 7.0).reshape(3, 2)
T = C.reshape(3, 2, 1)

CALLS = {
    "polyval by x": (lambda m, x: m.polyval(x, c), x),
    "polyval by c": (lambda m, c: m.polyval(x, c), c),
    "polyval by C": (lambda m, c: m.polyval(x, c), C),
    "polyval of C by x": (lambda m, x: m.polyval(x, C), x),
    "polyval of C by x, no tensor": (lambda m, x: m.polyval(x, C, tensor=False), x),
    "polyval of a list": (lambda m, x: m.polyval([x[0], x[1]], c), x),
    "polyval by a tuple": (lambda m, x: m.polyval(2.0, (x[0], x[1])), x),
    "polyvalfromroots by x": (lambda m, x: m.polyvalfromroots(x, c), x),
    "polyvalfromroots by as many x": (lambda m, x: m.polyvalfromroots(x, c[:2]), x),
    "polyvalfromroots by r": (lambda m, r: m.polyvalfromroots(x, r), c),
    "polyvalfromroots by R": (lambda m, r: m.polyvalfromroots(x, r), C),
    "polyvalfromroots of R by x": (lambda m, x: m.polyvalfromroots(x, C), x),
    "polyvalfromroots by R, no tensor": (lambda m, r: m.polyvalfromroots(x, r, tensor=False), C),
    "polyvalfromroots by a number": (lambda m, x: m.polyvalfromroots(x[0], c), x),
    "polyval2d by x": (lambda m, x: m.polyval2d(x, x, C), x),
    "polyval2d by c": (lambda m, c: m.polyval2d(x, x, c), C),
    "polyval3d by c": (lambda m, c: m.polyval3d(x, x, x, c), T),
    "polyval3d by z": (lambda m, z: m.polyval3d(x, x, z, T), x),
    "polygrid2d by y": (lambda m, y: m.polygrid2d(x, y, C), x),
    "polygrid2d by c": (lambda m, c: m.polygrid2d(x, x, c), C),
    "polygrid3d by y": (lambda m, y: m.polygrid3d(x, y, y, T), x),
    "polyvander": (lambda m, x: m.polyvander(x, 3), x),
    "polyvander2d by y": (lambda m, y: m.polyvander2d(x, y, [1, 2]), x),
    "polyvander3d": (lambda m, x: m.polyvander3d(x, x, x, [1, 2, 1]), x),
    "polyder": (lambda m, c: m.polyder(c, 2, scl=3.0), C),
    "polyder by scl": (lambda m, s: m.polyder(c, 1, s[0]), x),
    "polyder of a list by scl": (lambda m, s: m.polyder([1, 2, 3], scl=s[0]), x),
    "polyint": (lambda m, c: m.polyint(c, axis=1), C),
    "polyint by k": (lambda m, k: m.polyint(c, 2, k=[k[0], k[1]]), x),
    "polyint by lbnd": (lambda m, b: m.polyint(c, lbnd=b[0]), x),
    "polyint by scl": (lambda m, s: m.polyint(c, scl=s[0]), x),
    "polyadd": (lambda m, c: m.polyadd(x, c), c),
    "polysub": (lambda m, c: m.polysub(c, x), c),
    "polymul": (lambda m, c: m.polymul(x, c), c),
    "polymulx": (lambda m, c: m.polymulx(c), c),
    "polydiv by c1": (lambda m, c: m.polydiv(c, x), c),
    "polydiv by c2": (lambda m, v: m.polydiv(c, v), x),
    "polypow": (lambda m, c: m.polypow(c, 3), c),
    "polyfromroots": (lambda m, r: m.polyfromroots(r), c),
    "polyroots": (lambda m, c: m.polyroots(c), np.array([-2.0, 1.0, 1.0])),
    "polycompanion": (lambda m, c: m.polycompanion(c), c),
    "polyline": (lambda m, x: m.polyline(x[0], x[1]), x),
    "polytrim": (lambda m, c: m.polytrim(c), c),
    "polyfit by x": (lambda m, t: m.polyfit(t, y, 2), grid),
    "polyfit by y": (lambda m, y: m.polyfit(grid, y, 2), y),
    "polyfit by w": (lambda m, w: m.polyfit(grid, y, 1, w=w), np.array([1.0, 2.0, 0.5, 4.0])),
    "polyfit of degrees": (lambda m, y: m.polyfit(grid, y, [0, 2], full=True)[0], y),
}


def leaves(v):
    return [np.asarray(a) for a in (v if isinstance(v, tuple) else (v,))]


@pytest.mark.parametrize("name", CALLS)
def test_every_function(name):
    f, a = CALLS[name]
    got = leaves(dualad.vjp(lambda a: f(dnp.polynomial.polynomial, a), a)[0])
    want = leaves(f(np.polynomial.polynomial, a))
    assert [g.shape for g in got] == [w.shape for w in want]
    assert all(np.allclose(g, w, rtol=1e-13) for g, w in zip(got, want))
    check_grads(lambda a: f(dnp.polynomial.polynomial, a), (a,), order=2, atol=1e-6, eps=2.0**-6)


@pytest.mark.parametrize("name", CALLS)
def test_plain_numpy_is_right_or_names_the_way(name):
    f, a = CALLS[name]
    try:
        got = leaves(dualad.vjp(lambda a: f(np.polynomial.polynomial, a), a)[0])
    except dualad.DualadError as error:
        assert "rite dualad.numpy.polynomial.poly" in str(error)
    else:
        want = leaves(f(np.polynomial.polynomial, a))
        assert all(g.shape == w.shape and np.allclose(g, w) for g, w in zip(got, want))


OTHERS = {"chebyshev": "cheb", "legendre": "leg", "hermite": "herm", "hermite_e": "herme", "laguerre": "lag"}


@pytest.mark.parametrize("module", OTHERS)
@pytest.mark.parametrize(
    "name, call",
    {
        "val": lambda f, v: f(v[:2], C),
        "val2d": lambda f, v: f(v[:2], v[1:], C),
        "grid2d": lambda f, v: f(v[:2], v, C),
        "vander": lambda f, v: f(v, 3),
        "der": lambda f, v: f(v, scl=v[1]),
        "int": lambda f, v: f(c, scl=v[1], lbnd=v[0]),
        "add": lambda f, v: f(v, x),
        "mul": lambda f, v: f(x, v),
        "mulx": lambda f, v: f(v),
        "div": lambda f, v: f(np.arange(1.0, 6.0), v),
        "pow": lambda f, v: f(v, 2),
        "fromroots": lambda f, v: f(v),
        "companion": lambda f, v: f(v),
        "fit": lambda f, v: f(grid[:3], v, 1, w=v * v + 1),
    }.items(),
)
def test_other_families(module, name, call):
    find = lambda space: getattr(getattr(space.polynomial, module), OTHERS[module] + name)
    v = np.array([0.5, -0.7, 1.2])
    got, want = leaves(dualad.vjp(lambda v: call(find(dnp), v), v)[0]), leaves(call(find(np), v))
    assert all(g.shape == w.shape and np.allclose(g, w) for g, w in zip(got, want))
    check_grads(lambda v: call(find(dnp), v), (v,), order=1)
    try:
        plain = leaves(dualad.vjp(lambda v: call(find(np), v), v)[0])
    except dualad.DualadError as error:
        assert f"rite dualad.numpy.polynomial.{module}." in str(error)
    else:
        assert all(g.shape == w.shape and np.allclose(g, w) for g, w in zip(plain, want))


CLASSES = ["Polynomial", "Chebyshev", "Legendre", "Hermite", "HermiteE", "Laguerre"]
USES = {
    "coefficients": lambda K, v: K(v)(x),
    "points": lambda K, v: K([1.0, 2.0, 3.0])(v),
    "derivative": lambda K, v: K(v).deriv()(x),
    "integral": lambda K, v: K(v).integ(k=v[0])(x),
    "sum": lambda K, v: (K(v) + K([1.0, 2.0]))(x),
    "difference": lambda K, v: (1.0 - K(v))(x),
    "product": lambda K, v: (K([1.0, 2.0]) * K(v))(x),
    "quotient": lambda K, v: (K([1.0, 2.0, 3.0, 4.0, 5.0]) // K(v))(x),
    "power": lambda K, v: (K(v) ** 2)(x),
    "scaled": lambda K, v: (v[0] * K([1.0, 2.0]) * v[1])(x),
    "domain": lambda K, v: K([1.0, 2.0, 3.0], domain=[v[1], v[0]])(x),
    "fit": lambda K, v: K.fit(grid, v, 2)(x),
    "roots of it": lambda K, v: K.fromroots(v[:2])(x),
    "coef": lambda K, v: K(v).coef,
}


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("name", CLASSES)
def test_classes(name, use):
    v = np.array([1.0, -2.0, 3.0, 0.5])
    ours, theirs = getattr(dnp.polynomial, name), getattr(np.polynomial, name)
    assert issubclass(ours, theirs)
    got, want = dualad.vjp(lambda v: USES[use](ours, v), v)[0], USES[use](theirs, v)
    assert got.shape == want.shape and np.allclose(got, want)
    check_grads(lambda v: USES[use](ours, v), (v,), order=1)
    with pytest.raises(dualad.DualadError, match=r"rite dualad\.numpy\.polynomial\."):
        dualad.vjp(lambda v: USES[use](theirs, v), v)


def test_conversion_between_classes():
    v = np.array([1.0, -2.0, 3.0])
    f = lambda v: dnp.polynomial.Chebyshev(v).convert(kind=dnp.polynomial.Polynomial).coef
    assert np.allclose(dualad.jacrev(f)(v), [[1, 0, -1], [0, 1, 0], [0, 0, 2]])


@pytest.mark.parametrize("module", OTHERS)
def test_to_and_from_powers(module):
    v = np.array([0.5, -0.7, 1.2, 0.3])
    for name in (f"{OTHERS[module]}2poly", f"poly2{OTHERS[module]}"):
        ours, theirs = (getattr(getattr(space.polynomial, module), name) for space in (dnp, np))
        assert np.allclose(dualad.vjp(ours, v)[0], theirs(v))
        check_grads(ours, (v,), order=1)


def test_without_a_trace_they_are_numpys():
    p = dnp.polynomial.Polynomial([1.0, 2.0])
    assert type(p.coef) is np.ndarray and isinstance(p, np.polynomial.Polynomial)
    assert type(dnp.polynomial.polynomial.polyval(x, c)) is np.ndarray
