"""Polynomials: the old functions and `numpy.polynomial.polynomial`.

NumPy does not hand most of `np.polynomial` to us: there it is `dualad.numpy.polynomial`."""


def _families() -> str:
    """What the five orthogonal families have alike: a prefix of names and a module each."""
    modules = {
        "cheb": "chebyshev",
        "leg": "legendre",
        "herm": "hermite",
        "herme": "hermite_e",
        "lag": "laguerre",
    }
    return "".join(
        f"polynomial.{module}.{name}\n    np.polynomial.{module}.{name}({arguments})\n"
        for prefix, module in modules.items()
        for name, arguments in [(pattern.replace("*", prefix), a) for pattern, a in _ALIKE.items()]
    )


_ALIKE = {  # the prefix of the family for *
    "*weight": "P / 2.5",
    "*gauss": "3",
    "poly2*": "v",
    "*2poly": "v",
    "*val": "U, v",
    "*val2d": "u, u + 1, S",
    "*val3d": "u, u + 1, v[:3], E",
    "*grid2d": "v, u, S",
    "*grid3d": "v[:2], u, u, E",
    "*add": "v, y",
    "*sub": "v, y",
    "*mul": "v, y",
    "*mulx": "v",
    "*div": "y, v",
    "*pow": "v, 3",
    "*der": "A, m=2, scl=s, axis=1",
    "*int": "v, m=2, k=[s, t], lbnd=r, scl=2.0",
    "*fromroots": "v",
    "*roots": "y",
    "*companion": "y",
    "*vander": "v, 3",
    "*vander2d": "v, w, [1, 2]",
    "*vander3d": "u, u + 1, v[:3], [1, 2, 1]",
    "*fit": "grid, y, 2",
    "*line": "s, t",
    "*trim": "v, tol=0",
}

CALLS = """
polyval
    np.polyval(v, A)
    np.polyval([s, t], A)
    np.polyval(v, s)
poly
    np.poly(v)
    np.poly(symmetric(S))
polyadd
    np.polyadd(v, y)
polysub
    np.polysub(v, y)
polymul
    np.polymul(v, y)
polydiv
    np.polydiv(y, v)
    np.polydiv(v, y)
polyder
    np.polyder(v)
    np.polyder(v, m=2)
polyint
    np.polyint(v)
    np.polyint(v, m=2, k=[s, t])
    np.polyint(v, k=s)
polyfit
    np.polyfit(grid, y, 2)
    np.polyfit(grid, y, 2, w=z * z + 1)
    np.polyfit(grid, np.stack([y, z], 1), 2)
    np.polyfit(grid, y, 2, rcond=1e-10)
    np.polyfit(grid, y, 1, cov=True)
    np.polyfit(grid, y, 1, cov='unscaled')
    np.polyfit(grid, y, 1, full=True)
roots
    np.roots(y)
polynomial.polynomial.polyval
    np.polynomial.polynomial.polyval(A, v)
    np.polynomial.polynomial.polyval(v, np.stack([y, z], 1))
    np.polynomial.polynomial.polyval(v[:2], np.stack([y, z], 1), tensor=False)
polynomial.polynomial.polyval2d
    np.polynomial.polynomial.polyval2d(v, w, S)
polynomial.polynomial.polyval3d
    np.polynomial.polynomial.polyval3d(v, w, w, T)
polynomial.polynomial.polygrid2d
    np.polynomial.polynomial.polygrid2d(v, u, S)
polynomial.polynomial.polygrid3d
    np.polynomial.polynomial.polygrid3d(v[:2], u, u, T)
polynomial.polynomial.polyvalfromroots
    np.polynomial.polynomial.polyvalfromroots(A, v)
polynomial.polynomial.polyadd
    np.polynomial.polynomial.polyadd(v, y)
polynomial.polynomial.polysub
    np.polynomial.polynomial.polysub(v, y)
polynomial.polynomial.polymul
    np.polynomial.polynomial.polymul(v, y)
polynomial.polynomial.polymulx
    np.polynomial.polynomial.polymulx(v)
polynomial.polynomial.polydiv
    np.polynomial.polynomial.polydiv(y, v)
polynomial.polynomial.polypow
    np.polynomial.polynomial.polypow(v, 3)
polynomial.polynomial.polyder
    np.polynomial.polynomial.polyder(v)
    np.polynomial.polynomial.polyder(A, m=2, scl=s, axis=1)
polynomial.polynomial.polyint
    np.polynomial.polynomial.polyint(v)
    np.polynomial.polynomial.polyint(v, m=2, k=[s, t], lbnd=r, scl=2.0)
    np.polynomial.polynomial.polyint(A, scl=s, axis=1)
polynomial.polynomial.polyfromroots
    np.polynomial.polynomial.polyfromroots(v)
polynomial.polynomial.polyroots
    np.polynomial.polynomial.polyroots(y)
polynomial.polynomial.polycompanion
    np.polynomial.polynomial.polycompanion(v)
polynomial.polynomial.polyvander
    np.polynomial.polynomial.polyvander(v, 3)
polynomial.polynomial.polyvander3d
    np.polynomial.polynomial.polyvander3d(u, u + 1, v[:3], [1, 2, 1])
polynomial.polynomial.Polynomial
    np.polynomial.polynomial.Polynomial(v)(A)
polynomial.polynomial.polyvander2d
    np.polynomial.polynomial.polyvander2d(v, w, [1, 2])
polynomial.polynomial.polyfit
    np.polynomial.polynomial.polyfit(grid, y, 2)
    np.polynomial.polynomial.polyfit(grid, y, 2, w=z * z + 1)
polynomial.polynomial.polyline
    np.polynomial.polynomial.polyline(s, t)
polynomial.polynomial.polytrim
    np.polynomial.polynomial.polytrim(v, tol=0)
polynomial.Polynomial
    np.polynomial.Polynomial(v)(A)
    np.polynomial.Polynomial(v).deriv()(w)
    (np.polynomial.Polynomial(v) * s)(w)
poly1d
    np.poly1d(v)(A)
    np.poly1d(v).deriv()(A)
polynomial.chebyshev.Chebyshev
    np.polynomial.chebyshev.Chebyshev(v)(U)
polynomial.legendre.Legendre
    np.polynomial.legendre.Legendre(v)(U)
polynomial.hermite.Hermite
    np.polynomial.hermite.Hermite(v)(U)
polynomial.hermite_e.HermiteE
    np.polynomial.hermite_e.HermiteE(v)(U)
polynomial.laguerre.Laguerre
    np.polynomial.laguerre.Laguerre(v)(U)
polynomial.chebyshev.chebinterpolate
    np.polynomial.chebyshev.chebinterpolate(lambda x, a: np.exp(x * a), 3, args=(s,))
polynomial.chebyshev.chebpts1
    np.polynomial.chebyshev.chebpts1(3)
polynomial.chebyshev.chebpts2
    np.polynomial.chebyshev.chebpts2(3)
""" + _families()
