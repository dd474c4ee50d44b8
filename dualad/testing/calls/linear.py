"""Products and linear algebra."""

CALLS = """
dot
    np.dot(A, M)
    np.dot(v, w)
    np.dot(T, v)
    np.dot(A, s)
    np.dot(A, M, out=buffer((3, 2)))
    np.dot(C, M)
vdot
    np.vdot(v, w)
    np.vdot(C, A)
inner
    np.inner(A, v)
    np.inner(A, B)
outer
    np.outer(v, y)
    np.outer(v, y, out=buffer((4, 5)))
    np.outer(A, u)
matmul
    np.matmul(A, M)
    np.matmul(T, M)
    np.matmul(v, M)
    np.matmul(A, v)
    np.matmul(A, M, out=buffer((3, 2)))
    np.matmul(A, M, dtype=np.float64)
    np.matmul(C, M)
    np.matmul(T, M, axes=[(-2, -1), (-2, -1), (-2, -1)])
matvec
    np.matvec(A, v)
    np.matvec(T, v)
    np.matvec(C, c)
vecmat
    np.vecmat(u, A)
    np.vecmat(c[:3], C)
vecdot
    np.vecdot(A, v)
    np.vecdot(A, B)
    np.vecdot(A, B, axis=0)
    np.vecdot(C, c)
tensordot
    np.tensordot(A, M, axes=1)
    np.tensordot(T, A, axes=([1, 2], [0, 1]))
    np.tensordot(T, A)
einsum
    np.einsum('ij,jk->ik', A, M)
    np.einsum('ij,ij', A, B)
    np.einsum('ii->i', S)
    np.einsum('...j,j->...', T, v)
    np.einsum('ij,jk->ik', A, M, out=buffer((3, 2)))
    np.einsum('ij,jk,i->k', A, M, u, optimize=True)
    np.einsum(A, [0, 1], M, [1, 2], [0, 2])
    np.einsum('ij,jk->ik', A, M, dtype=np.float64, casting='safe', order='C')
einsum_path
    np.einsum_path('ij,jk->ik', A, M)[0]
kron
    np.kron(v, u)
    np.kron(A, M)
    np.kron(A, u)
cross
    np.cross(R, S)
    np.cross(R, u)
    np.cross(R, S, axis=0)
    np.cross(R, S, axisa=0, axisb=1, axisc=0)
trace
    np.trace(S)
    np.trace(T, offset=1, axis1=1, axis2=2)
    np.trace(S, dtype=np.float32)
    np.trace(T, out=buffer(4))
linalg.solve
    np.linalg.solve(S, u)
    np.linalg.solve(S, R)
    np.linalg.solve(E, R)
    np.linalg.solve(D, R)
linalg.inv
    np.linalg.inv(S)
    np.linalg.inv(E)
    np.linalg.inv(D)
linalg.pinv
    np.linalg.pinv(A)
    np.linalg.pinv(A, rcond=1e-10)
    np.linalg.pinv(A, rtol=1e-10)
    np.linalg.pinv(definite(S), hermitian=True)
    np.linalg.pinv(C)
linalg.det
    np.linalg.det(S)
    np.linalg.det(E)
    np.linalg.det(D)
linalg.slogdet
    np.linalg.slogdet(S)
    np.linalg.slogdet(E)
    np.linalg.slogdet(D)
linalg.cholesky
    np.linalg.cholesky(definite(S))
    np.linalg.cholesky(definite(E))
    np.linalg.cholesky(definite(S), upper=True)
    np.linalg.cholesky(definite(D))
linalg.qr
    np.linalg.qr(S)
    np.linalg.qr(A.T)
    np.linalg.qr(A)
    np.linalg.qr(A.T, mode='complete')
    np.linalg.qr(A.T, mode='r')
    np.linalg.qr(A.T, mode='raw')
linalg.svd
    np.linalg.svd(A, full_matrices=False)
    np.linalg.svd(S)
    np.linalg.svd(A)
    np.linalg.svd(A, compute_uv=False)
    np.linalg.svd(definite(S), hermitian=True)
    (lambda U, s, V: (U * s**3) @ V)(*np.linalg.svd(C, full_matrices=False))
linalg.svdvals
    np.linalg.svdvals(A)
linalg.eig
    abs(np.linalg.eig(S)[0])
    np.linalg.eig(D)[0]
    (lambda w, V: V @ (np.exp(w / 4)[:, None] * np.linalg.inv(V)))(*np.linalg.eig(D))
linalg.eigh
    np.linalg.eigh(symmetric(S))
    np.linalg.eigh(symmetric(S), UPLO='U')
    np.linalg.eigh(symmetric(D))[0]
    (lambda w, V: (V * np.exp(w / 4)) @ V.mT.conj())(*np.linalg.eigh(symmetric(D)))
linalg.eigvals
    np.linalg.eigvals(D)
linalg.eigvalsh
    np.linalg.eigvalsh(symmetric(S))
    np.linalg.eigvalsh(symmetric(S), UPLO='U')
linalg.lstsq
    np.linalg.lstsq(A.T, v, rcond=None)
    np.linalg.lstsq(A.T, M)
    np.linalg.lstsq(A, u, rcond=1e-10)
linalg.matrix_power
    np.linalg.matrix_power(S, 3)
    np.linalg.matrix_power(S, -2)
    np.linalg.matrix_power(S, 0)
linalg.multi_dot
    np.linalg.multi_dot([A, M, M.T, v])
    np.linalg.multi_dot([A, M], out=buffer((3, 2)))
linalg.norm
    np.linalg.norm(A)
    np.linalg.norm(v, ord=3)
    np.linalg.norm(v, ord=t)
    np.linalg.norm(v, ord=1)
    np.linalg.norm(v, ord=np.inf)
    np.linalg.norm(v, ord=-np.inf)
    np.linalg.norm(v, ord=0)
    np.linalg.norm(v, ord=-2)
    np.linalg.norm(A, axis=1)
    np.linalg.norm(A, ord='fro', keepdims=True)
    np.linalg.norm(A, ord='nuc')
    np.linalg.norm(A, ord=2)
    np.linalg.norm(A, ord=-2)
    np.linalg.norm(A, ord=1)
    np.linalg.norm(A, ord=-np.inf)
    np.linalg.norm(T, axis=(1, 2))
    np.linalg.norm(T, ord='nuc', axis=(0, 2))
    np.linalg.norm(C)
linalg.matrix_norm
    np.linalg.matrix_norm(T)
    np.linalg.matrix_norm(A, ord='nuc', keepdims=True)
    np.linalg.matrix_norm(A, ord=2)
linalg.vector_norm
    np.linalg.vector_norm(T)
    np.linalg.vector_norm(T, axis=(0, 2), keepdims=True)
    np.linalg.vector_norm(A, axis=1, ord=3)
    np.linalg.vector_norm(A, axis=1, ord=t)
linalg.cond
    np.linalg.cond(S)
    np.linalg.cond(S, p=1)
    np.linalg.cond(S, p='fro')
    np.linalg.cond(S, -2)
linalg.matrix_rank
    np.linalg.matrix_rank(A)
    np.linalg.matrix_rank(A, tol=s, hermitian=False)
linalg.tensorsolve
    np.linalg.tensorsolve(np.reshape(S, (3, 1, 3)), u[:, None])
    np.linalg.tensorsolve(np.reshape(S, (3, 3, 1)), u, axes=(1,))
linalg.tensorinv
    np.linalg.tensorinv(np.reshape(S, (3, 1, 3)), ind=1)
linalg.cross
    np.linalg.cross(R, S)
    np.linalg.cross(R, S, axis=0)
linalg.diagonal
    np.linalg.diagonal(T)
    np.linalg.diagonal(T, offset=1)
linalg.trace
    np.linalg.trace(T)
    np.linalg.trace(T, offset=1, dtype=np.float32)
linalg.outer
    np.linalg.outer(v, y)
linalg.matmul
    np.linalg.matmul(A, M)
linalg.matrix_transpose
    np.linalg.matrix_transpose(T)
linalg.tensordot
    np.linalg.tensordot(T, A, axes=2)
linalg.vecdot
    np.linalg.vecdot(A, v)
    np.linalg.vecdot(A, B, axis=0)
"""
