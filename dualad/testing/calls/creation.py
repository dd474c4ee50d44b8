"""Arrays from nothing and from traced values. NumPy does not hand `np.array` and `np.full` to us: `dnp` is
`dualad.numpy`."""

CALLS = """
array
    dnp.array([s, 2 * t, 1.0])
    dnp.array([[s, t], [t, 2.0]])
    dnp.array([v, 2 * w])
    dnp.array(A, copy=True)
    dnp.array(A, dtype=np.float32)
    dnp.array(v, ndmin=2)
    np.array([s, t])
    np.array(A)
full
    dnp.full((2, 3), s)
    dnp.full(3, v[:3])
    dnp.full((2, 3), s, dtype=np.float32)
    np.full((2, 3), s)
full_like
    np.full_like(A, s)
    np.full_like(A, v)
    np.full_like(A, s, shape=(2, 2))
    np.full_like(A, s, dtype=np.float32)
zeros_like
    np.zeros_like(A)
    np.zeros_like(A, dtype=np.float32, shape=(2, 2))
ones_like
    np.ones_like(A) * A
    np.ones_like(A, shape=3)
empty_like
    np.empty_like(A).shape
zeros
    np.zeros(3, like=A)
    np.zeros((2, 2), dtype=np.float32, like=A)
    changed(dnp.zeros(3), (1, s))
ones
    np.ones(3, like=A)
empty
    np.empty(3, like=A).shape
eye
    np.eye(3, like=A)
    dnp.eye(3) * s
identity
    np.identity(3, like=A)
arange
    np.arange(3, like=A)
tri
    np.tri(3, like=A)
linspace
    np.linspace(s, t, 5)
    np.linspace(s, t, num=4, endpoint=False)
    np.linspace(s, v, 3)
    np.linspace(v, t, 3, axis=1)
    np.linspace(s, t, 5, retstep=True)
    np.linspace(s, t, 3, dtype=np.float32)
    np.linspace(s, t, 1)
    np.linspace(0, t)
logspace
    np.logspace(s, t, 4)
    np.logspace(s, t, 4, base=r)
    np.logspace(s, v, 3, endpoint=False)
    np.logspace(v, t, 3, base=w, axis=1)
    np.logspace(s, t, 3, dtype=np.float32)
geomspace
    np.geomspace(s, t, 4)
    np.geomspace(s, w, 3, endpoint=False)
    np.geomspace(w, t, 3, axis=1)
    np.geomspace(-s, -t, 3)
    np.geomspace(s + 0j, t * 1j, 3)
vander
    np.vander(v)
    np.vander(v, 3, increasing=True)
indices
    np.indices((2, 3))
fromfunction
    np.fromfunction(lambda i, j: s * i + j, (2, 3))
    np.fromfunction(lambda i, j: s * i + j, (2, 3), like=A)
kaiser
    np.kaiser(5, t)
    np.kaiser(5, beta=t)
hanning
    np.hanning(5)
hamming
    np.hamming(5)
blackman
    np.blackman(5)
bartlett
    np.bartlett(5)
asmatrix
    np.asmatrix(A)
bmat
    np.bmat([[A, B]])
fromiter
    np.fromiter(iter(v), float)
diag_indices_from
    np.diag_indices_from(S)
tril_indices_from
    np.tril_indices_from(S)
    np.tril_indices_from(A, k=1)
triu_indices_from
    np.triu_indices_from(S)
mask_indices
    np.mask_indices(3, np.triu)
tril_indices
    S[np.tril_indices(3)]
triu_indices
    S[np.triu_indices(3, 1)]
"""
