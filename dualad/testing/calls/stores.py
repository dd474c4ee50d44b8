"""Functions and operators that change an array. `change(f, A, …)` is what `f(A, …)` makes of a copy of A."""

CALLS = """
put
    change(np.put, A, [0, 5], [1.5, 2.5])
    change(np.put, A, [0, 5], v[:2])
    change(np.put, A, [0, 5, 7], v[:2])
    change(np.put, A, [13, -20], s, mode='clip')
    change(np.put, A, [13, -20], s, mode='wrap')
put_along_axis
    change(np.put_along_axis, A, ORDER[:, :1], s, axis=1)
    change(np.put_along_axis, A, np.argsort(A, axis=1), B, axis=1)
    change(np.put_along_axis, A, INDEX, v, axis=None)
putmask
    change(np.putmask, A, MASK, s)
    change(np.putmask, A, A > 0, B)
    change(np.putmask, A, MASK, v[:3])
place
    change(np.place, A, MASK, [1.0, 2.0])
    change(np.place, A, A > 0, v[:3])
copyto
    change(np.copyto, A, B)
    change(np.copyto, A, s, where=MASK)
    change(np.copyto, A, v, casting='unsafe')
fill_diagonal
    change(np.fill_diagonal, S, s)
    change(np.fill_diagonal, S, u)
    change(np.fill_diagonal, S, v[:2])
    change(np.fill_diagonal, A.T, s, wrap=True)
ndarray.__setitem__
    changed(A, (0, v))
    changed(A, (MASK, s))
    changed(A, (([0, 2], [1, 3]), v[:2]), ((1, 1), A[0, 0] * s))
    changed(A, ((slice(None), 1), u))
    changed(A, (MASK, B[MASK]))
ndarray.__iadd__
    operated(A, '__iadd__', B)
ndarray.__isub__
    operated(A, '__isub__', v)
ndarray.__imul__
    operated(A, '__imul__', s)
ndarray.__itruediv__
    operated(P, '__itruediv__', Q)
ndarray.__ipow__
    operated(P, '__ipow__', s)
ndarray.__imod__
    operated(P, '__imod__', s)
ndarray.__imatmul__
    operated(S, '__imatmul__', R)
ndarray.fill
    change(lambda x: x.fill(s), A)
ndarray.sort
    change(lambda x: x.sort(), A)
    change(lambda x: x.sort(axis=0), A)
ndarray.partition
    change(lambda x: x.partition(1), A)
ndarray.put
    change(lambda x: x.put([0, 5], s), A)
    change(lambda x: x.put([13, 5], v[:2], mode='wrap'), A)
ndarray.resize
    change(lambda x: x.resize((2, 2), refcheck=False), A)
ndarray.flat
    change(lambda x: x.flat.__setitem__(3, s), A)
"""
