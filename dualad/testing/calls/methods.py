"""Methods, attributes and operators of arrays."""

CALLS = """
ndarray.operators
    A + B
    A - v
    A * s
    A / P
    P ** B
    P ** 2
    2.0 ** A
    A % P
    A // P
    divmod(A, P)
    divmod(t, P)
    A @ M
    v @ w
    -A
    +A
    abs(A)
    [1.0, 2.0, 3.0, 4.0] * A
    A - [1.0, 2.0, 3.0, 4.0]
    np.float64(2) * A
    1.5 / P
    1.5 - A
    np.float32(2) * s
    (A < B)
    (A >= 0) & MASK
    A == A
    A != B
    s ** t
    C * A
ndarray.indexing
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
    list(A)
    T[:, [0, 1], 1:]
    T[MASK[:2, :3]]
    sum(x * x for x in v)
ndarray.shape
    A.T
    T.mT
    A.reshape(2, 6)
    A.reshape((2, 6))
    A.reshape(-1, order='F')
    A.ravel()
    A.ravel('F')
    A.flatten()
    A.flatten('F')
    A.transpose()
    T.transpose(2, 0, 1)
    T.transpose((2, 0, 1))
    T.swapaxes(0, 2)
    A[None].squeeze()
    A[None].squeeze(axis=0)
    A.repeat(2, axis=1)
    A.diagonal(1)
    A.flat[3]
    A.flat[2:5]
    list(A.flat)
    A.copy()
    A.copy('F')
    A.astype(np.float32)
    A.astype(complex)
    A.astype(int)
    A.astype(np.float64, copy=False)
    A.view()
    A.shape
    A.size
    A.ndim
    A.dtype == float
    len(A)
ndarray.reductions
    A.sum()
    A.sum(1)
    A.sum(axis=0, keepdims=True, where=MASK, initial=s)
    A.sum(axis=0, dtype=np.float32)
    A.sum(0, out=buffer(4))
    A.prod(axis=1)
    A.mean(axis=1, keepdims=True)
    A.mean(0, where=MASK)
    A.max(axis=1)
    A.min(axis=0, initial=s)
    A.std(axis=1, ddof=1)
    A.var(axis=0, ddof=1)
    A.cumsum()
    A.cumsum(axis=1)
    A.cumprod(axis=1)
    A.trace()
    A.trace(1)
    A.dot(M)
    A.any()
    A.all(axis=1)
    A.argmax(axis=1)
    A.argmin()
    A.argsort(axis=1)
    A.argpartition(1)
    A.nonzero()
    grid.searchsorted(at)
ndarray.choice
    A.clip(-0.5, s)
    A.clip(min=s)
    A.clip(max=B)
    A.clip(B - 1, B + 1, out=buffer((3, 4)))
    A.take(INDEX, axis=1)
    A.take(INDEX + 3, mode='wrap', axis=1)
    A.compress(ROW, axis=1)
    ORDER.choose([A, B, P])
    A.round(1)
    A.conj()
    C.conjugate()
    C.real
    C.imag
    A.real
    A.imag
    s.item()
    A.item(2)
    A.tolist()
    A.byteswap()
    A.tobytes()
"""
