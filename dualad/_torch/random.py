"""Random tensors. Each call draws from `dualad`'s own generator, or from one that is passed.

`manual_seed(n)` makes what follows repeatable, in one thread; threads that draw at once take turns in any
order.
"""

from __future__ import annotations

import threading
from secrets import randbits

import numpy as np

from ..core.batch import ROWS
from ..core.errors import RandomLayer, at_user_line
from ..data import register_collate, set_default_generator
from ..transforms._recompute import RANDOM
from .creation import made
from .dtypes import get_default_dtype
from .functions import stack
from .handle import Handle
from .shaping import ints
from .tensor import Tensor


class Generator:
    """A source of random numbers: `Generator().manual_seed(0)`. `numpy` is the NumPy generator inside."""

    __slots__ = ("_lock", "_seed", "numpy")

    def __init__(self, seed: int | None = None):
        self._lock = threading.Lock()
        self.numpy = np.random.default_rng(0)  # one object for life: loaders and samplers hold it
        self.manual_seed(randbits(63) if seed is None else seed)

    def manual_seed(self, seed: int):
        self._seed = int(seed)
        self.numpy.bit_generator.state = np.random.default_rng(self._seed % 2**64).bit_generator.state
        return self

    def initial_seed(self) -> int:
        return self._seed

    def seed(self) -> int:
        self.manual_seed(randbits(63))
        return self._seed

    def get_state(self):
        return self.numpy.bit_generator.state

    def set_state(self, state):
        self.numpy.bit_generator.state = state

    def draw(self, method: str, *args, **kwargs):
        """The numbers of one of NumPy's methods.

        Raises
        ------
        RandomLayer
            In the rows of a `vmap`, which would all get the same.
        """
        if ROWS.get():
            raise RandomLayer(
                f"random numbers drawn under vmap{at_user_line()}: all rows would get the same. Draw them outside and "
                "pass them in; or draw from dualad.random.default_rng(seed), which draws for each row."
            )
        with self._lock:
            return getattr(self.numpy, method)(*args, **kwargs)


default_generator = Generator()

# `data` imports nothing of dualad; here it is told whose generator shuffles, and how tensors become a batch.
set_default_generator(lambda: default_generator.numpy)
register_collate(Tensor, stack, lambda column, indices: column[indices])


# What is run again by `checkpoint` draws the same numbers again.
RANDOM.append((default_generator.get_state, default_generator.set_state))


def manual_seed(seed: int) -> Generator:
    """Seed dualad's random numbers."""
    return default_generator.manual_seed(seed)


def _floats(method, size, generator, dtype):
    """Floats drawn in single precision for single, in double for all else."""
    dtype = np.dtype(dtype or get_default_dtype())
    source = generator or default_generator
    draw = dtype if dtype in (np.float32, np.float64) else np.dtype(float)
    return np.asarray(source.draw(method, size, dtype=draw)).astype(dtype, copy=False)


def rand(*size, generator=None, dtype=None, device=None, requires_grad: bool = False) -> Tensor:
    """Uniform on [0, 1)."""
    return made(_floats("random", ints(size), generator, dtype), requires_grad, device)


def randn(*size, generator=None, dtype=None, device=None, requires_grad: bool = False) -> Tensor:
    """Standard normal."""
    return made(_floats("standard_normal", ints(size), generator, dtype), requires_grad, device)


def randint(
    low, high=None, size=None, *, generator=None, dtype=np.int64, device=None, requires_grad: bool = False
) -> Tensor:
    """Integers from `low` up to, without, `high`: `randint(high, size)` or `randint(low, high, size)`."""
    if size is None:
        low, high, size = 0, low, high
    source = generator or default_generator
    return made(
        np.asarray(source.draw("integers", low, high, tuple(size))).astype(dtype), requires_grad, device
    )


def randperm(n: int, *, generator=None, dtype=np.int64, device=None) -> Tensor:
    """The integers below `n` in random order."""
    return made((generator or default_generator).draw("permutation", n).astype(dtype), False, device)


def normal(mean=0.0, std=1.0, size=None, *, generator=None) -> Tensor:
    """Normal numbers of given means and standard deviations, tensors or numbers."""
    if size is None:
        shapes = [x.shape for x in (mean, std) if isinstance(x, Handle)]
        size = np.broadcast_shapes(*shapes)
    return mean + std * randn(*size, generator=generator)


def bernoulli(input, *, generator=None) -> Tensor:
    """1 with the probabilities in `input`, else 0."""
    u = (generator or default_generator).draw("random", input.shape)
    return made((u < input.detach().numpy()).astype(input.dtype), False)


def multinomial(input, num_samples: int, replacement: bool = False, *, generator=None) -> Tensor:
    """Indices drawn with the weights in the last dim of `input`."""
    p = np.atleast_2d(input.detach().numpy()).astype(float)
    source = generator or default_generator
    rows = [source.draw("choice", w.size, num_samples, replace=replacement, p=w / w.sum()) for w in p]
    return made(np.stack(rows) if input.ndim == 2 else rows[0], False)


def rand_like(input, *, generator=None, dtype=None, device=None, requires_grad: bool = False) -> Tensor:
    return rand(
        input.shape,
        generator=generator,
        dtype=dtype or input.dtype,
        device=device,
        requires_grad=requires_grad,
    )


def randn_like(input, *, generator=None, dtype=None, device=None, requires_grad: bool = False) -> Tensor:
    return randn(
        input.shape,
        generator=generator,
        dtype=dtype or input.dtype,
        device=device,
        requires_grad=requires_grad,
    )


def randint_like(input, low, high=None, *, generator=None) -> Tensor:
    low, high = (0, low) if high is None else (low, high)
    return randint(low, high, input.shape, generator=generator, dtype=input.dtype)


def _fill(name, draw):
    def method(self, *args, **kwargs):
        generator = kwargs.pop("generator", None) or default_generator
        return self.copy_(made(np.asarray(draw(generator, tuple(self.shape), *args, **kwargs)), False))

    method.__name__ = name
    return method


_FILLS = {
    "normal_": lambda g, size, mean=0.0, std=1.0: mean + std * g.draw("standard_normal", size),
    "uniform_": lambda g, size, a=0.0, b=1.0, **to: g.draw(
        "uniform", to.get("from", a), to.get("to", b), size
    ),
    "random_": lambda g, size, low=0, high=2**31: g.draw("integers", low, high, size),
    "bernoulli_": lambda g, size, p=0.5: g.draw("random", size) < p,
    "exponential_": lambda g, size, lambd=1.0: g.draw("exponential", 1 / lambd, size),
}
for _name, _draw in _FILLS.items():
    setattr(Tensor, _name, _fill(_name, _draw))
