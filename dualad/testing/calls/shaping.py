"""Shapes, joins, splits, and views."""

CALLS = """
reshape
    np.reshape(A, (2, 6))
    np.reshape(A, -1)
    np.reshape(A, shape=(4, 3), order='F')
    np.reshape(A, (2, 6), copy=True)
    np.reshape(A, (2, 6), order='A')
    np.reshape(A.T, (2, 6), order='A')
ravel
    np.ravel(A)
    np.ravel(A, order='F')
    np.ravel(A, order='K')
    np.ravel(A.T, order='K')
    np.ravel(A.T, order='A')
transpose
    np.transpose(A)
    np.transpose(T, axes=(2, 0, 1))
permute_dims
    np.permute_dims(T, (1, 2, 0))
matrix_transpose
    np.matrix_transpose(T)
swapaxes
    np.swapaxes(T, 0, -1)
moveaxis
    np.moveaxis(T, 0, -1)
    np.moveaxis(T, [0, 1], [2, 0])
rollaxis
    np.rollaxis(T, 2)
    np.rollaxis(T, axis=0, start=2)
squeeze
    np.squeeze(A[None])
    np.squeeze(A[None, :, None], axis=(0, 2))
expand_dims
    np.expand_dims(A, 1)
    np.expand_dims(A, axis=(0, 2))
atleast_1d
    np.atleast_1d(s)
    np.atleast_1d(s, A)
atleast_2d
    np.atleast_2d(v)
    np.atleast_2d(s, A)
atleast_3d
    np.atleast_3d(A)
    np.atleast_3d(v, s)
broadcast_to
    np.broadcast_to(v, (3, 4))
    np.broadcast_to(s, 3)
    np.broadcast_to(v, shape=(2, 3, 4), subok=True)
broadcast_arrays
    np.broadcast_arrays(v, A[:, :1])
concatenate
    np.concatenate([A, B])
    np.concatenate([A, B], axis=1)
    np.concatenate([A, T], axis=None)
    np.concatenate([A, B], axis=0, out=buffer((6, 4)))
    np.concatenate([A, B], dtype=np.float32)
    np.concatenate([A, B], dtype=np.float32, casting='unsafe')
    np.concatenate([A, C])
    np.concatenate(T)
concat
    np.concat([A, B], axis=1)
stack
    np.stack([A, B])
    np.stack([A, B], axis=-1)
    np.stack([A, B], out=buffer((2, 3, 4)))
    np.stack([A, B], dtype=np.float32, casting='unsafe')
    np.stack([s, t])
    np.stack(A, axis=1)
vstack
    np.vstack([A, v])
    np.vstack([A, v], dtype=np.float64)
    np.vstack([A, v], dtype=np.float32, casting='unsafe')
row_stack
    np.row_stack([A, v])
hstack
    np.hstack([A, B])
    np.hstack([v, y], dtype=np.float64)
dstack
    np.dstack([A, B])
column_stack
    np.column_stack([v, w, M])
block
    np.block([[A, B], [B, A]])
    np.block([s, t])
    np.block([[S, np.ones((3, 1))], [u, s]])
split
    np.split(A, 2, axis=1)
    np.split(A, [1, 3], axis=1)
array_split
    np.array_split(A, 3, axis=1)
    np.array_split(y, 2)
hsplit
    np.hsplit(A, 2)
vsplit
    np.vsplit(A, 3)
dsplit
    np.dsplit(T, 2)
unstack
    np.unstack(A)
    np.unstack(T, axis=1)
flip
    np.flip(A)
    np.flip(A, axis=1)
    np.flip(T, axis=(0, 2))
fliplr
    np.fliplr(A)
flipud
    np.flipud(A)
roll
    np.roll(A, 2)
    np.roll(A, 1, axis=1)
    np.roll(A, shift=(1, 2), axis=(0, 1))
rot90
    np.rot90(A)
    np.rot90(T, k=3, axes=(0, 2))
repeat
    np.repeat(A, 2)
    np.repeat(A, 2, axis=1)
    np.repeat(A, [1, 2, 0], axis=0)
tile
    np.tile(A, 2)
    np.tile(A, (2, 1, 2))
resize
    np.resize(A, (2, 5))
    np.resize(A, (5, 5))
    np.resize(s, 3)
pad
    np.pad(A, 1)
    np.pad(A, ((1, 0), (2, 1)), mode='constant', constant_values=0.5)
    np.pad(A, 1, constant_values=s)
    np.pad(A, 1, constant_values=((s, t), (r, s)))
    np.pad(A, 2, mode='edge')
    np.pad(A, 2, mode='reflect')
    np.pad(A, 2, mode='reflect', reflect_type='odd')
    np.pad(A, 2, mode='symmetric')
    np.pad(A, 2, mode='symmetric', reflect_type='odd')
    np.pad(A, 2, mode='wrap')
    np.pad(A, 2, mode='linear_ramp', end_values=s)
    np.pad(A, 2, mode='maximum')
    np.pad(A, 2, mode='minimum', stat_length=2)
    np.pad(A, 2, mode='mean')
    np.pad(A, 2, mode='mean', stat_length=((1, 2), (2, 3)))
    np.pad(A, 2, mode='median')
    np.pad(A, 2, mode='empty')[2:-2, 2:-2]
tril
    np.tril(S)
    np.tril(A, k=1)
triu
    np.triu(S)
    np.triu(T, -1)
diag
    np.diag(v)
    np.diag(A, k=1)
    np.diag(v, k=-2)
diagflat
    np.diagflat(A)
    np.diagflat(v, k=1)
    np.diagflat([s, t])
diagonal
    np.diagonal(A)
    np.diagonal(T, offset=1, axis1=0, axis2=2)
append
    np.append(A, v)
    np.append(A, v[None], axis=0)
    np.append(v, s)
insert
    np.insert(v, 2, s)
    np.insert(v, [1, 3], y[:2])
    np.insert(A, 1, v, axis=0)
    np.insert(A, 1, s, axis=1)
    np.insert(A, [0, 2], s)
    np.insert(A, slice(0, 2), s, axis=0)
    np.insert(v, ROW, s)
delete
    np.delete(A, 1, axis=0)
    np.delete(A, [0, 3], axis=1)
    np.delete(A, 5)
    np.delete(A, slice(0, 2), axis=1)
    np.delete(v, ROW)
trim_zeros
    np.trim_zeros(np.concatenate([np.zeros(2), v, np.zeros(1)]))
    np.trim_zeros(np.concatenate([np.zeros(2), v, np.zeros(1)]), trim='f')
    np.trim_zeros(np.concatenate([np.zeros(2), v, np.zeros(1)]), 'b')
c_
    np.c_[v, w]
    np.c_[A, B]
    np.c_[v, M]
r_
    np.r_[v, y]
    np.r_[v, s, 1.0]
    np.r_['0,2', v, w]
    np.r_['-1', A, B]
meshgrid
    np.meshgrid(v, y)
    np.meshgrid(v, y, indexing='ij')
    np.meshgrid(v, y, sparse=True)
    np.meshgrid(v, y, copy=False)
ix_
    A[np.ix_([0, 2], [1, 3])]
    np.ix_([0, 2], [1, 3])
lib.stride_tricks.sliding_window_view
    np.lib.stride_tricks.sliding_window_view(v, 2)
    np.lib.stride_tricks.sliding_window_view(A, (2, 2))
    np.lib.stride_tricks.sliding_window_view(A, 3, axis=1)
lib.stride_tricks.as_strided
    np.lib.stride_tricks.as_strided(v, (3, 2), (8, 8))
ascontiguousarray
    np.ascontiguousarray(A)
    np.ascontiguousarray(A.T, dtype=np.float64)
asfortranarray
    np.asfortranarray(A)
asarray
    np.asarray(A)
    np.asarray(A, dtype=np.float32)
asanyarray
    np.asanyarray(A)
asarray_chkfinite
    np.asarray_chkfinite(A)
require
    np.require(A, requirements='C')
astype
    np.astype(A, np.float32)
    np.astype(A, np.complex128)
    np.astype(C, np.complex64)
    np.astype(A, np.int64)
    np.astype(A, np.float64, copy=False)
copy
    np.copy(A)
    np.copy(A, order='F', subok=True)
shape
    np.shape(A)
ndim
    np.ndim(A)
size
    np.size(A)
    np.size(A, 1)
"""
