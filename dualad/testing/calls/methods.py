"""Methods, attributes and operators of arrays."""

CALLS = """
ndarray.__add__
    A + B
    A + 1
ndarray.__radd__
    [1.0, 2.0, 3.0, 4.0] + A
    1.5 + A
ndarray.__sub__
    A - v
    A - [1.0, 2.0, 3.0, 4.0]
ndarray.__rsub__
    1.5 - A
    np.float64(2) - A
ndarray.__mul__
    A * s
    A * A
    C * A
ndarray.__rmul__
    [1.0, 2.0, 3.0, 4.0] * A
    np.float64(2) * A
    np.float32(2) * s
    np.ones((3, 4)) * A
ndarray.__truediv__
    A / P
    A / 2
ndarray.__rtruediv__
    1.5 / P
    np.ones(4) / P
ndarray.__floordiv__
    A // P
ndarray.__rfloordiv__
    2.0 // P
ndarray.__mod__
    A % P
ndarray.__rmod__
    2.5 % P
ndarray.__divmod__
    divmod(A, P)
    divmod(t, P)
ndarray.__rdivmod__
    divmod(1.3, Q)
ndarray.__pow__
    P ** B
    P ** 2
    s ** t
ndarray.__rpow__
    2.0 ** A
    np.float64(2) ** A
ndarray.__matmul__
    A @ M
    v @ w
    T @ M
ndarray.__rmatmul__
    np.ones((2, 3)) @ A
    [[1.0, 2.0, 3.0]] @ A
ndarray.__neg__
    -A
ndarray.__pos__
    +A
ndarray.__abs__
    abs(A)
    abs(C)
ndarray.__eq__
    A == A
ndarray.__ne__
    A != B
ndarray.__lt__
    A < B
ndarray.__le__
    A <= B
ndarray.__gt__
    A > 0
ndarray.__ge__
    (A >= 0) & MASK
ndarray.__getitem__
    A[0]
    A[-1, 2]
    A[1:, ::-2]
    A[..., None, 1]
    A[MASK]
    A[A > 0]
    A[INDEX]
    A[[0, 2], [1, 1]]
    A[:, INDEX]
    A[INDEX[:3, None], INDEX]
    A[1][2]
    T[:, [0, 1], 1:]
    T[MASK[:2, :3]]
ndarray.__iter__
    list(A)
    sum(x * x for x in v)
ndarray.__len__
    len(A)
ndarray.__contains__
    2.0 in A
ndarray.__copy__
    A.__copy__()
ndarray.__deepcopy__
    A.__deepcopy__({})
ndarray.__bool__
    bool(s > 0)
ndarray.__float__
    float(s)
ndarray.__int__
    int(t)
ndarray.__complex__
    complex(s)
ndarray.__index__
    len('abc'[INTS[1] :])
ndarray.__str__
    str(s)[:3]
ndarray.__format__
    f'{s:.2f}'
ndarray.base
    A.base
ndarray.device
    A.device
ndarray.nbytes
    A.nbytes
ndarray.itemsize
    A.itemsize
ndarray.strides
    A.strides
ndarray.flags
    A.flags.writeable
ndarray.data
    len(A.data)
ndarray.ctypes
    A.ctypes.shape[0]
ndarray.to_device
    A.to_device('cpu')
ndarray.dumps
    len(A.dumps())
ndarray.tofile
    A.tofile('/dev/null')
ndarray.getfield
    A.getfield(np.float64)
ndarray.setflags
    A.setflags(write=True)
ndarray.T
    A.T
ndarray.mT
    T.mT
ndarray.reshape
    A.reshape(2, 6)
    A.reshape((2, 6))
    A.reshape(-1, order='F')
ndarray.ravel
    A.ravel()
    A.ravel('F')
ndarray.flatten
    A.flatten()
    A.flatten('F')
ndarray.transpose
    A.transpose()
    T.transpose(2, 0, 1)
    T.transpose((2, 0, 1))
ndarray.swapaxes
    T.swapaxes(0, 2)
ndarray.squeeze
    A[None].squeeze()
    A[None].squeeze(axis=0)
ndarray.repeat
    A.repeat(2)
    A.repeat(2, axis=1)
ndarray.diagonal
    A.diagonal(1)
    T.diagonal(offset=0, axis1=1, axis2=2)
ndarray.flat
    A.flat[3]
    A.flat[2:5]
    list(A.flat)
ndarray.copy
    A.copy()
    A.copy('F')
ndarray.astype
    A.astype(np.float32)
    A.astype(complex)
    A.astype(int)
    A.astype(np.float64, copy=False)
ndarray.view
    A.view()
ndarray.shape
    A.shape
ndarray.size
    A.size
ndarray.ndim
    A.ndim
ndarray.dtype
    A.dtype == float
ndarray.sum
    A.sum()
    A.sum(1)
    A.sum(axis=0, keepdims=True, where=MASK, initial=s)
    A.sum(axis=0, dtype=np.float32)
    A.sum(0, out=buffer(4))
ndarray.prod
    A.prod()
    A.prod(axis=1, keepdims=True)
ndarray.mean
    A.mean(axis=1, keepdims=True)
    A.mean(0, where=MASK)
ndarray.max
    A.max(axis=1)
ndarray.min
    A.min(axis=0, initial=s)
ndarray.std
    A.std(axis=1, ddof=1)
ndarray.var
    A.var(axis=0, ddof=1)
ndarray.cumsum
    A.cumsum()
    A.cumsum(axis=1)
ndarray.cumprod
    A.cumprod()
    A.cumprod(axis=1)
ndarray.trace
    A.trace()
    A.trace(1)
ndarray.dot
    A.dot(M)
ndarray.any
    A.any()
ndarray.all
    A.all(axis=1)
ndarray.argmax
    A.argmax(axis=1)
ndarray.argmin
    A.argmin()
ndarray.argsort
    A.argsort(axis=1)
ndarray.argpartition
    A.argpartition(1)
ndarray.nonzero
    A.nonzero()
ndarray.searchsorted
    grid.searchsorted(at)
ndarray.clip
    A.clip(-0.5, s)
    A.clip(min=s)
    A.clip(max=B)
    A.clip(B - 1, B + 1, out=buffer((3, 4)))
ndarray.take
    A.take(INDEX, axis=1)
    A.take(INDEX + 3, mode='wrap', axis=1)
ndarray.compress
    A.compress(ROW, axis=1)
ndarray.choose
    ORDER.choose([A, B, P])
    dnp.asarray(ORDER).choose([A, B, P])
ndarray.round
    A.round(1)
ndarray.conj
    A.conj()
    C.conj()
ndarray.conjugate
    C.conjugate()
ndarray.real
    C.real
    A.real
ndarray.imag
    C.imag
    A.imag
ndarray.item
    s.item()
    A.item(2)
ndarray.tolist
    A.tolist()
ndarray.byteswap
    A.byteswap()
ndarray.tobytes
    A.tobytes()
"""
