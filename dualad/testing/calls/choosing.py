"""Indexing functions, choice, order, sets."""

CALLS = """
where
    np.where(MASK, A, B)
    np.where(A > 0, A, s)
    np.where(MASK, s, v)
    np.where(A > 0)
    np.where(A, A, B)
select
    np.select([A > 0.5, A < 0], [A, B], s)
    np.select([MASK, ~MASK], [A, B * B])
    np.select([MASK], [A], default=v)
choose
    np.choose(ORDER, [A, B, P])
    np.choose(ORDER, (A, s, v))
    np.choose(ORDER + 2, [A, B, P], mode='wrap')
    np.choose(ORDER + 2, [A, B, P], mode='clip')
    np.choose(ORDER, [A, B, P], out=buffer((3, 4)))
piecewise
    np.piecewise(A, [A < 0, A >= 0], [lambda x: -x * x, lambda x: x])
    np.piecewise(A, [A < 0], [lambda x: -x * x, s])
    np.piecewise(A, [A < 0, A > 1], [s, lambda x: x * x, t])
    np.piecewise(A, [A < 0], [lambda x, k: k * x, lambda x, k: x + k], s)
    np.piecewise(s, [s < 0, s >= 0], [lambda x: -x, lambda x: x * x])
take
    np.take(A, INDEX)
    np.take(A, INDEX, axis=1)
    np.take(A, INDEX + 3, axis=1, mode='wrap')
    np.take(A, INDEX + 3, axis=1, mode='clip')
    np.take(A, [[0, 1], [2, -1]], axis=0)
    np.take(A, 1, axis=0)
    np.take(A, INDEX, axis=1, out=buffer((3, 4)))
take_along_axis
    np.take_along_axis(A, ORDER, axis=1)
    np.take_along_axis(A, np.argsort(A, axis=0), axis=0)
    np.take_along_axis(A, INDEX, axis=None)
compress
    np.compress(ROW, A, axis=1)
    np.compress(ROW, A)
    np.compress([True, False, True], A, axis=0, out=buffer((2, 4)))
extract
    np.extract(MASK, A)
    np.extract(A > 0, A)
sort
    np.sort(A)
    np.sort(A, axis=0)
    np.sort(A, axis=None)
    np.sort(A, kind='mergesort')
    np.sort(A, stable=True)
    np.sort(C)
sort_complex
    np.sort_complex(c)
    np.sort_complex(v)
partition
    np.partition(A, 1)
    np.partition(A, 1, axis=0)
    np.partition(A, (0, 2), axis=1, kind='introselect')
    np.partition(A, 5, axis=None)
argsort
    np.argsort(A)
    np.argsort(A, axis=0, kind='stable')
argpartition
    np.argpartition(A, 1)
argwhere
    np.argwhere(A > 0)
nonzero
    np.nonzero(A)
flatnonzero
    np.flatnonzero(A > 0)
lexsort
    np.lexsort((v, w))
    np.lexsort(A)
unique
    np.unique(A)
    np.unique(A, return_index=True, return_inverse=True, return_counts=True)
    np.unique(A, axis=0)
    np.unique(np.concatenate([v, v]), return_counts=True)
    np.unique(A, equal_nan=False)
unique_values
    np.sort(np.unique_values(v))
unique_counts
    np.unique_counts(v)
unique_inverse
    np.unique_inverse(v)
unique_all
    np.unique_all(v)
union1d
    np.union1d(v, w)
intersect1d
    np.intersect1d(v, np.concatenate([v[:2], w]))
    np.intersect1d(v, np.concatenate([v[:2], w]), assume_unique=True, return_indices=True)
setdiff1d
    np.setdiff1d(v, w)
    np.setdiff1d(v, np.concatenate([v[:2], w]), assume_unique=True)
setxor1d
    np.setxor1d(v, np.concatenate([v[:2], w]))
isin
    np.isin(A, B)
    np.isin(A, v, invert=True)
apply_along_axis
    np.apply_along_axis(lambda x: x * x.sum(), 1, A)
    np.apply_along_axis(lambda x: x.sum(), 0, A)
    np.apply_along_axis(lambda x, k: x[:2] * k, 1, A, s)
    np.apply_along_axis(lambda x: np.outer(x, x), 1, A)
apply_over_axes
    np.apply_over_axes(np.sum, T, [0, 2])
ravel_multi_index
    np.ravel_multi_index((INDEX, INDEX), (3, 4))
unravel_index
    np.unravel_index(INDEX, (3, 4))
"""
