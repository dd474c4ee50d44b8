"""Shapes: views wherever NumPy has views, and joins and repetitions, which copy."""

from __future__ import annotations

from operator import index

import numpy as np

from ..core.memory import ordered
from ..core.trace import strip
from ..ops.index import HOLE, Index
from .dtypes import Size
from .engine import op
from .handle import Handle, recorded, wrap
from .tape import detached
from .views import DIAGONAL, EXPAND, INDEX, PERMUTE, RESHAPE, taken


def ints(args):
    """`f(2, 3)`, `f((2, 3))` and `f(size)` alike, as a tuple of ints."""
    if len(args) == 1 and isinstance(args[0], (tuple, list)):
        args = args[0]
    return tuple(a if type(a) is int else index(a) for a in args)


def dim_of(d: int, ndim: int) -> int:
    n = max(ndim, 1)
    if not -n <= d < n:
        raise IndexError(f"Dimension out of range (expected to be in range of [{-n}, {n - 1}], but got {d})")
    return d % n


class Shaping(Handle):
    __slots__ = ()

    @property
    def shape(self) -> Size:
        return Size(self._value.shape)

    def size(self, dim=None):
        """The shape, or the length along `dim`."""
        return Size(self._value.shape) if dim is None else self._value.shape[dim]

    @property
    def ndim(self) -> int:
        return len(self._value.shape)

    def dim(self) -> int:
        return len(self._value.shape)

    def numel(self) -> int:
        return self._value.size

    nelement = numel

    def stride(self, dim=None):
        v = np.asarray(detached(self._value))
        strides = tuple(s // v.itemsize for s in v.strides)
        return strides if dim is None else strides[dim]

    def is_contiguous(self) -> bool:
        return np.asarray(detached(self._value)).flags.c_contiguous

    # ---- views ----

    def reshape(self, *shape):
        """The same elements in another shape; one length may be -1."""
        shape = ints(shape)
        n = self._value.size
        if -1 in shape or _product(shape) != n:
            shape = resolve(shape, n)
        a = strip(self._value)
        if type(a) is np.ndarray and not a.flags.c_contiguous and not _same_memory(a, shape):
            return wrap(op.reshape(recorded(self._value), shape=shape))  # a copy: writes do not come back
        return taken(self, RESHAPE, shape)

    def view(self, *shape):
        """The same elements in another shape: a view, whatever the layout in memory."""
        shape = ints(shape)
        if -1 in shape or _product(shape) != self._value.size:
            shape = resolve(shape, self._value.size)
        return taken(self, RESHAPE, shape)

    def view_as(self, other):
        return self.view(other.shape)

    def reshape_as(self, other):
        return self.reshape(other.shape)

    def flatten(self, start_dim: int = 0, end_dim: int = -1):
        """Dims from `start_dim` through `end_dim` become one."""
        shape = self._value.shape
        if not shape:
            return self.reshape(1)
        a, b = dim_of(start_dim, len(shape)), dim_of(end_dim, len(shape))
        if a > b:
            raise RuntimeError("flatten() has invalid args: start_dim cannot come after end_dim")
        return self.reshape(*shape[:a], _product(shape[a : b + 1]), *shape[b + 1 :])

    def ravel(self):
        return self.reshape(-1)

    def unflatten(self, dim: int, sizes):
        shape = self._value.shape
        d = dim_of(dim, len(shape))
        return self.reshape(*shape[:d], *resolve(tuple(sizes), shape[d]), *shape[d + 1 :])

    def permute(self, *dims):
        n = len(self._value.shape)
        order = tuple(dim_of(d, n) for d in ints(dims))
        if sorted(order) != list(range(n)):
            raise RuntimeError(
                f"permute(dims): {ints(dims)} is no permutation of the {n} dimensions of this tensor"
            )
        return taken(self, PERMUTE, order)

    def transpose(self, dim0: int, dim1: int):
        """Two dims exchanged."""
        n = len(self._value.shape)
        if not n:
            return taken(self, RESHAPE, ())
        order = list(range(n))
        a, b = dim_of(dim0, n), dim_of(dim1, n)
        order[a], order[b] = b, a
        return taken(self, PERMUTE, tuple(order))

    swapaxes = swapdims = transpose

    def t(self):
        """The transpose of a matrix; a vector is its own."""
        n = len(self._value.shape)
        if n > 2:
            raise RuntimeError(f"t() expects a tensor with <= 2 dimensions, but self is {n}D")
        return taken(self, PERMUTE, tuple(range(n))[::-1])

    @property
    def T(self):
        return taken(self, PERMUTE, tuple(range(len(self._value.shape)))[::-1])

    @property
    def mT(self):
        return self.transpose(-2, -1)

    def movedim(self, source, destination):
        n = len(self._value.shape)
        source = [dim_of(s, n) for s in ([source] if isinstance(source, int) else source)]
        target = [dim_of(d, n) for d in ([destination] if isinstance(destination, int) else destination)]
        order = [k for k in range(n) if k not in source]
        for d, s in sorted(zip(target, source, strict=True)):
            order.insert(d, s)
        return self.permute(order)

    moveaxis = movedim

    def squeeze(self, dim=None):
        """Without the dims of length 1, or without those of `dim` that have it."""
        shape = self._value.shape
        n = len(shape)
        gone = range(n) if dim is None else [dim_of(d, n) for d in ([dim] if isinstance(dim, int) else dim)]
        return taken(self, RESHAPE, tuple(k for i, k in enumerate(shape) if k != 1 or i not in gone))

    def unsqueeze(self, dim: int):
        """A new dim of length 1 at `dim`."""
        shape = self._value.shape
        d = dim_of(dim, len(shape) + 1)
        return taken(self, RESHAPE, (*shape[:d], 1, *shape[d:]))

    def expand(self, *sizes):
        """Dims of length 1 made longer without copying; -1 keeps a length."""
        shape, sizes = self._value.shape, ints(sizes)
        extra = len(sizes) - len(shape)
        if extra < 0:
            raise RuntimeError(
                f"expand({list(sizes)}): the number of sizes provided ({len(sizes)}) must be greater or "
                "equal to the "
                f"number of dimensions in the tensor ({len(shape)})"
            )
        to = tuple(shape[i - extra] if k == -1 else k for i, k in enumerate(sizes))
        for i, (have, want) in enumerate(zip(shape, to[extra:], strict=True), extra):
            if have not in (1, want):
                raise RuntimeError(
                    f"The expanded size of the tensor ({want}) must match the existing size ({have}) at "
                    f"non-singleton dimension {i}.  Target sizes: {list(sizes)}.  Tensor sizes: {list(shape)}"
                )
        return taken(self, EXPAND, to)

    def expand_as(self, other):
        return self.expand(other.shape)

    def broadcast_to(self, size):
        return self.expand(size)

    def narrow(self, dim: int, start: int, length: int):
        """`length` entries of `dim`, from `start` on."""
        d = dim_of(dim, self.ndim)
        start = int(start) % max(self.shape[d], 1) if start < 0 else int(start)
        if start + length > self.shape[d]:
            raise RuntimeError(
                f"start ({start}) + length ({length}) exceeds dimension size ({self.shape[d]})."
            )
        return taken(self, INDEX, (slice(None),) * d + (slice(start, start + length),))

    def select(self, dim: int, index: int):
        d = dim_of(dim, self.ndim)
        return taken(self, INDEX, (slice(None),) * d + (int(index),))

    def unbind(self, dim: int = 0):
        """The slices along `dim`, as a tuple."""
        d = dim_of(dim, self.ndim)
        before = (slice(None),) * d
        return tuple(taken(self, INDEX, (*before, i)) for i in range(self._value.shape[d]))

    def split(self, split_size, dim: int = 0):
        """Pieces of `split_size` along `dim`, the last one shorter; or of the lengths in a list."""
        n = self.shape[dim_of(dim, self.ndim)]
        if isinstance(split_size, int):
            if split_size <= 0:
                raise RuntimeError(f"split expects split_size be positive, but got split_size={split_size}")
            lengths = [split_size] * (n // split_size) + ([n % split_size] if n % split_size else [])
        else:
            lengths = list(split_size)
            if sum(lengths) != n:
                raise RuntimeError(
                    f"split_with_sizes expects split_sizes to sum exactly to {n} (input tensor's size at "
                    f"dimension {dim}), "
                    f"but got split_sizes={lengths}"
                )
        starts = np.cumsum([0, *lengths]).tolist()
        return tuple(self.narrow(dim, s, k) for s, k in zip(starts, lengths, strict=False))

    def chunk(self, chunks: int, dim: int = 0):
        """At most `chunks` pieces of one length along `dim`, the last one perhaps shorter."""
        n = self.shape[dim_of(dim, self.ndim)]
        if chunks < 1:
            raise RuntimeError(f"chunk expects `chunks` to be greater than 0, got: {chunks}")
        return self.split(max(-(-n // chunks), 1), dim)

    def tensor_split(self, sections, dim: int = 0):
        n = self.shape[dim_of(dim, self.ndim)]
        if isinstance(sections, int):
            cuts = [i * (n // sections) + min(i, n % sections) for i in range(sections + 1)]
        else:
            cuts = [0, *(min(s if s >= 0 else s + n, n) for s in sections), n]
        return tuple(self.narrow(dim, a, max(b - a, 0)) for a, b in zip(cuts, cuts[1:], strict=False))

    # ---- copies ----

    def contiguous(self):
        """This tensor, if its elements lie in order; else a copy in which they do."""
        return self if self.is_contiguous() else wrap(ordered(recorded(self._value), "C"))

    def clone(self):
        """A copy, through which derivatives pass."""
        v = recorded(self._value)
        return wrap(v.copy() if isinstance(v, np.ndarray) else op.copy(v))

    def repeat(self, *sizes):
        """The whole tensor repeated along each dim: `np.tile`."""
        sizes = ints(sizes)
        if len(sizes) < self.ndim:
            raise RuntimeError(
                "Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor: "
                f"{len(sizes)} for {self.ndim}. tile() repeats the last ones."
            )
        return wrap(op.tile(recorded(self._value), sizes))

    def tile(self, *dims):
        return wrap(op.tile(recorded(self._value), ints(dims)))

    def repeat_interleave(self, repeats, dim=None):
        """Each entry repeated, `np.repeat`."""
        repeats = repeats.tolist() if isinstance(repeats, Handle) else repeats
        return wrap(op.repeat(recorded(self._value), repeats=hashable(repeats), axis=dim))

    def flip(self, *dims):
        if not dims:
            raise TypeError("flip() missing 1 required positional argument: 'dims'")
        return wrap(op.flip(recorded(self._value), axis=ints(dims)))

    def roll(self, shifts, dims=None):
        return wrap(op.roll(recorded(self._value), shift=hashable(shifts), axis=hashable(dims)))

    def tril(self, diagonal: int = 0):
        return wrap(op.tril(recorded(self._value), k=diagonal))

    def triu(self, diagonal: int = 0):
        return wrap(op.triu(recorded(self._value), k=diagonal))

    def diag(self, diagonal: int = 0):
        return wrap(op.diag(recorded(self._value), k=diagonal))

    def diagonal(self, offset: int = 0, dim1: int = 0, dim2: int = 1):
        return taken(self, DIAGONAL, (offset, dim_of(dim1, self.ndim), dim_of(dim2, self.ndim)))

    def fill_diagonal_(self, fill_value):
        """`fill_value` on the diagonal of this matrix, in place."""
        self.diagonal().fill_(fill_value)
        return self

    def trace(self):
        return self.diagonal().sum()

    # ---- gathering and scattering ----

    def index_select(self, dim: int, index):
        """The entries of `dim` that a vector of integers names."""
        i = detached(index._value)
        return wrap(
            op.getitem(recorded(self._value), (slice(None),) * dim_of(dim, self.ndim) + (np.asarray(i),))
        )

    def gather(self, dim: int, index):
        """`out[i][j] = self[index[i][j]][j]` for `dim` 0, and so on."""
        return wrap(op.getitem(recorded(self._value), grid(index, dim, self.ndim)))

    def take_along_dim(self, indices, dim: int):
        return wrap(op.take_along_axis(recorded(self._value), detached(indices._value), axis=dim))

    def take(self, index):
        return wrap(op.getitem(op.reshape(recorded(self._value), shape=(-1,)), detached(index._value)))

    def scatter_add(self, dim: int, index, src):
        """`self` with `src` added where `index` points; repeated places accumulate."""
        places = grid(index, dim, self.ndim)
        v, s = recorded(self._value), recorded(src._value)
        part = op.getitem(s, tuple(slice(k) for k in index.shape))
        spread = op.scatter_add(part, *places, spec=Index((HOLE,) * len(places)), shape=v.shape)
        return wrap(op.add(v, spread))

    def scatter(self, dim: int, index, src):
        """`self` with `src`, a tensor or a number, put where `index` points."""
        from .indexing import stored

        places = grid(index, dim, self.ndim)
        if isinstance(src, Handle):
            src = op.getitem(recorded(src._value), tuple(slice(k) for k in index.shape))
        return wrap(stored(recorded(self._value), places, src))

    def index_add(self, dim: int, index, source, *, alpha=1):
        """`self` with the slices of `source` added at the entries of `dim` that `index` names."""
        d = dim_of(dim, self.ndim)
        shape = source._value.shape
        i = detached(index._value).reshape((-1,) + (1,) * (len(shape) - d - 1))
        i = wrap(np.broadcast_to(i, shape[d:]) if d == 0 else np.broadcast_to(i, shape))
        return self.scatter_add(dim, i, source if alpha == 1 else source * alpha)

    def index_put(self, indices, values, accumulate: bool = False):
        """`self` with `values` stored at a tuple of index tensors, or added there."""
        from .indexing import plain_index, stored

        at, v = plain_index(tuple(indices)), recorded(self._value)
        new = recorded(values._value)
        if accumulate:
            new = op.broadcast_to(new, shape=np.empty(v.shape, bool)[at].shape)
            return wrap(op.add(v, op.scatter_add(new, *at, spec=Index((HOLE,) * len(at)), shape=v.shape)))
        return wrap(stored(v, at, new))

    def index_fill(self, dim: int, index, value):
        from .indexing import stored

        places = (slice(None),) * dim_of(dim, self.ndim) + (detached(index._value),)
        return wrap(stored(recorded(self._value), places, value))

    def index_copy(self, dim: int, index, source):
        from .indexing import stored

        places = (slice(None),) * dim_of(dim, self.ndim) + (detached(index._value),)
        return wrap(stored(recorded(self._value), places, recorded(source._value)))

    def masked_select(self, mask):
        return self[mask]

    def nonzero(self, *, as_tuple: bool = False):
        """Where the tensor is not zero: a row of indices per entry, or a tuple of index vectors."""
        where = np.nonzero(np.atleast_1d(detached(self._value)))
        return tuple(map(wrap, where)) if as_tuple else wrap(np.stack(where, 1))

    argwhere = nonzero


def resolve(shape, n: int):
    """The shape, with its -1 worked out."""
    known = _product(k for k in shape if k != -1)
    if shape.count(-1) == 1 and known and n % known == 0:
        return tuple(n // known if k == -1 else k for k in shape)
    if shape.count(-1) or known != n:
        raise RuntimeError(f"shape '{list(shape)}' is invalid for input of size {n}")
    return shape


def hashable(x):
    """An int, or ints as a tuple."""
    return x if x is None or isinstance(x, int) else tuple(int(k) for k in x)


def _product(lengths) -> int:
    n = 1
    for k in lengths:
        n *= k
    return n


def grid(index, dim, ndim):
    """NumPy's index for PyTorch's `gather`: open ranges, and `index` itself at `dim`."""
    i = np.asarray(detached(index._value))
    d = dim_of(dim, ndim)
    places = list(np.ogrid[tuple(slice(k) for k in i.shape)])
    places[d] = i
    return tuple(places)


def _same_memory(a, shape) -> bool:
    """Whether this shape of a plain array is a view of it."""
    return np.may_share_memory(a.reshape(shape), a)
