"""Documented keywords that no other call gives, and arrays of dualad's (`dnp.asarray`) where something is stored.

No `where=` for `scipy.special`: SciPy 1.17's own ufuncs ignore the mask there, and write beyond their memory.
"""

_STORES = """
put
    change(np.put, dnp.asarray(A), [0, 5], v[:2])
put_along_axis
    change(np.put_along_axis, dnp.asarray(A), np.argsort(A, axis=1), B, axis=1)
putmask
    change(np.putmask, dnp.asarray(A), MASK, s)
place
    change(np.place, dnp.asarray(A), A > 0, v[:3])
copyto
    change(np.copyto, dnp.asarray(A), B)
fill_diagonal
    change(np.fill_diagonal, dnp.asarray(S), u)
ndarray.__setitem__
    changed(dnp.asarray(A), (0, v))
    changed(dnp.zeros(3), (1, s))
ndarray.__iadd__
    operated(dnp.asarray(A), '__iadd__', B)
ndarray.__isub__
    operated(dnp.asarray(A), '__isub__', v)
ndarray.__imul__
    operated(dnp.asarray(A), '__imul__', s)
ndarray.__itruediv__
    operated(dnp.asarray(P), '__itruediv__', Q)
ndarray.__ipow__
    operated(dnp.asarray(P), '__ipow__', s)
ndarray.__imod__
    operated(dnp.asarray(P), '__imod__', s)
ndarray.__imatmul__
    operated(dnp.asarray(S), '__imatmul__', R)
ndarray.dot
    dnp.asarray(A).dot(M)
    dnp.asarray(A).dot(M, out=buffer((3, 2)))
ndarray.searchsorted
    dnp.asarray(grid).searchsorted(at)
ndarray.sum
    dnp.asarray(A).sum(initial=s)
ndarray.min
    dnp.asarray(A).min(axis=0, initial=s)
    A.min(axis=1, out=buffer(3), where=MASK, initial=9.0)
""" + "".join(
    f"{name}\n    change(np.{name}.at, dnp.asarray(P), INDEX[:2], Q[:2])\n"
    for name in "add subtract multiply divide maximum minimum fmax fmin hypot logaddexp logaddexp2".split()
)

_FOURIER = "".join(
    f"fft.{name}\n    np.fft.{name}({call})\n"
    for name, call in {
        "fft2": "A, out=buffer((3, 4), complex)",
        "ifft2": "A, out=buffer((3, 4), complex)",
        "rfft2": "A, out=buffer((3, 3), complex)",
        "irfft2": "C, out=buffer((3, 6))",
        "fftn": "A, out=buffer((3, 4), complex)",
        "ifftn": "A, out=buffer((3, 4), complex)",
        "rfftn": "A, out=buffer((3, 3), complex)",
        "irfftn": "C, out=buffer((3, 6))",
    }.items()
)

CALLS = (
    _STORES
    + _FOURIER
    + """
histogramdd
    np.histogramdd(M, bins=3, range=[(-2, 2), (-3, 3)], density=True)
histogram_bin_edges
    np.histogram_bin_edges(v, bins=3, range=(-2, 2), weights=w)
concat
    np.concat((A, B), axis=1, dtype=np.float32, casting='same_kind')
    np.concat((A, B), out=buffer((6, 4)))
hstack
    np.hstack((A, B), dtype=np.float32, casting='same_kind')
trim_zeros
    np.trim_zeros(np.pad(A, 1), axis=0)
lib.stride_tricks.sliding_window_view
    np.lib.stride_tricks.sliding_window_view(v, 2, writeable=False)
asfortranarray
    np.asfortranarray(A, dtype=np.float32)
asarray
    np.asarray(A, order='C', copy=None, like=A)
asarray_chkfinite
    np.asarray_chkfinite(A, dtype=np.float64, order='C')
require
    np.require(A, dtype=np.float64)
sort
    np.sort(A, axis=1, order=None)
partition
    np.partition(A, 1, axis=1, kind='introselect', order=None)
unique
    np.unique(v, sorted=True)
setxor1d
    np.setxor1d(v, y, assume_unique=True)
array
    np.array(A, order='F', ndmin=3, like=A)
full
    np.full((2, 2), s, order='F', like=A)
full_like
    np.full_like(A, s, order='F')
ones_like
    np.ones_like(A, dtype=np.float32, order='F')
zeros
    np.zeros((2, 3), order='F', like=A)
eye
    np.eye(3, M=4, k=1, dtype=np.float32, order='F', like=A)
geomspace
    np.geomspace(s, t, 4, dtype=np.float32)
linalg.matrix_rank
    np.linalg.matrix_rank(A, rtol=1e-3)
polynomial.polynomial.polyvalfromroots
    np.polynomial.polynomial.polyvalfromroots(v, S[:, 0], tensor=True)
polynomial.polynomial.polypow
    np.polynomial.polynomial.polypow(v, 3, maxpower=5)
polynomial.polynomial.polyfit
    np.polynomial.polynomial.polyfit(grid, y, 2, rcond=1e-10, full=True)
polynomial.polynomial.Polynomial
    np.polynomial.polynomial.Polynomial(v, domain=[-2, 2], window=[-1, 1], symbol='x')(A)
poly1d
    np.poly1d(v, r=True, variable='t')(A)
ndarray.reshape
    A.reshape((2, 6), copy=None)
ndarray.astype
    A.astype(np.float32, order='F', casting='same_kind')
ndarray.prod
    A.prod(axis=0, dtype=np.float32)
    A.prod(axis=0, out=buffer(4))
ndarray.mean
    A.mean(axis=0, dtype=np.float32)
    A.mean(axis=0, out=buffer(4))
ndarray.max
    A.max(axis=0, out=buffer(4), keepdims=False)
    A.max(axis=0, initial=-9.0, where=MASK)
ndarray.std
    A.std(axis=0, dtype=np.float32)
    A.std(axis=0, out=buffer(4))
ndarray.var
    A.var(axis=0, dtype=np.float32)
    A.var(axis=0, out=buffer(4))
ndarray.cumsum
    A.cumsum(axis=0, dtype=np.float32)
    dnp.asarray(A).cumsum(axis=0, out=buffer((3, 4)))
ndarray.cumprod
    A.cumprod(axis=0, dtype=np.float32)
    dnp.asarray(A).cumprod(axis=0, out=buffer((3, 4)))
ndarray.trace
    T.trace(offset=0, axis1=1, axis2=2, dtype=np.float32)
    dnp.asarray(T).trace(out=buffer(4))
ndarray.take
    dnp.asarray(A).take(INDEX, axis=1, out=buffer((3, 4)))
ndarray.compress
    dnp.asarray(A).compress(ROW, axis=1, out=buffer((3, 3)))
ndarray.choose
    dnp.asarray(ORDER % 2).choose([A, B], mode='clip')
    dnp.asarray(ORDER).choose([A, B, P], out=buffer((3, 4)))
ndarray.sort
    change(lambda x: x.sort(axis=1, kind='stable'), A)
ndarray.partition
    change(lambda x: x.partition(1, axis=0), A)
scipy.special.erf
    special.erf(A, out=buffer((3, 4)))
    special.erf(A, dtype=np.float32, casting='same_kind', order='C')
scipy.special.xlogy
    special.xlogy(A, P, out=buffer((3, 4)))
    special.xlogy(A, P, dtype=np.float32, casting='same_kind', order='C')
"""
)
