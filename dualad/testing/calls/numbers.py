"""Elementwise functions that are no ufuncs."""

CALLS = """
angle
    np.angle(C)
    np.angle(C, deg=True)
    np.angle(A)
real
    np.real(C)
    np.real(A)
imag
    np.imag(C)
    np.imag(A)
real_if_close
    np.real_if_close(C)
    np.real_if_close(A)
    np.real_if_close(A, tol=100)
    np.real_if_close(A + 0j)
sinc
    np.sinc(A)
i0
    np.i0(A)
clip
    np.clip(A, s - 1, s)
    np.clip(A, B - 0.3, B + 0.4)
    np.clip(A, None, B)
    np.clip(A, B, None)
    np.clip(A, min=-0.5, max=s)
    np.clip(A, a_min=-0.5, a_max=t, out=buffer((3, 4)))
nan_to_num
    np.nan_to_num(N)
    np.nan_to_num(N, nan=s)
    np.nan_to_num(np.where(MASK, A, np.inf), posinf=s)
    np.nan_to_num(np.where(MASK, A, -np.inf), neginf=s)
    np.nan_to_num(A, copy=False)
    np.nan_to_num(N, nan=2.0, posinf=3.0, neginf=4.0)
round
    np.round(A)
    np.round(s, 2)
    np.round(A, decimals=1, out=buffer((3, 4)))
around
    np.around(A)
    np.around(s, 2)
fix
    np.fix(A)
    np.fix(A, out=buffer((3, 4)))
unwrap
    np.unwrap(3 * A)
    np.unwrap(3 * A, axis=0)
    np.unwrap(3 * A, discont=4.0)
    np.unwrap(3 * A, period=t)
    np.unwrap(3 * A, discont=s, period=t)
heaviside
    np.heaviside(A, s)
    np.heaviside(np.where(MASK, A, 0), B)
float_power
    np.float_power(C, 2)
isclose
    np.isclose(A, B)
    np.isclose(A, B, rtol=s, atol=t, equal_nan=True)
emath.sqrt
    np.emath.sqrt(P)
    np.emath.sqrt(A)
    np.emath.sqrt(C)
emath.log
    np.emath.log(P)
    np.emath.log(A)
emath.log2
    np.emath.log2(P)
    np.emath.log2(A)
emath.log10
    np.emath.log10(P)
    np.emath.log10(A)
emath.logn
    np.emath.logn(t, P)
    np.emath.logn(t, A)
emath.power
    np.emath.power(P, s)
    np.emath.power(A, s)
    np.emath.power(A, 2.0)
emath.arcsin
    np.emath.arcsin(U)
    np.emath.arcsin(O)
emath.arccos
    np.emath.arccos(U)
    np.emath.arccos(O)
emath.arctanh
    np.emath.arctanh(U)
    np.emath.arctanh(O)
vectorize
    np.vectorize(lambda x: x * x + 1)(A)
    np.vectorize(lambda x, y: x * np.sin(y))(A, v)
    np.vectorize(lambda x, y: (x * y, x + y))(A, v)
    np.vectorize(lambda x, y: x @ y, signature='(n),(n)->()')(A, v)
    np.vectorize(lambda x, k: x * k, excluded={1})(A, s)
    np.vectorize(lambda x: x * x, otypes=[float])(A)
frompyfunc
    np.frompyfunc(lambda x: x * x, 1, 1)(A)
"""
