"""Packages that go by the type of an array, and have to be told of dualad's: einops and opt_einsum.

Packages that ask the array itself (the array API standard, NumPy's protocols) need nothing of the kind. These two are
not imported here: a finder waits for their module, and speaks to it as soon as the program has imported it.
"""

from __future__ import annotations

import sys

import numpy as np

from ..core.trace import Box


def _tell_einops(backends) -> None:
    """einops finds the subclasses of its `AbstractBackend` by itself."""

    class DualadBackend(backends.NumpyBackend):
        framework_name = "dualad"

        def is_appropriate_type(self, tensor):
            return isinstance(tensor, Box) or type(tensor).__module__.startswith("dualad._torch")

        def reshape(self, x, shape):
            return np.reshape(x, shape)

        def transpose(self, x, axes):
            return np.transpose(x, axes)

        def reduce(self, x, operation, axes):
            return getattr(np, operation)(x, axis=tuple(axes))

        def is_float_type(self, x):
            return x.dtype in (np.float16, np.float32, np.float64)

    backends.dualad_backend = DualadBackend  # einops' list of subclasses holds them weakly


def _tell_opt_einsum(dispatch) -> None:
    """opt_einsum looks for einsum, tensordot and transpose in the package that an array's class comes from."""
    dispatch._aliases["dualad"] = "dualad.numpy"


WAITING = {"einops._backends": _tell_einops, "opt_einsum.backends.dispatch": _tell_opt_einsum}


class Finder:
    """Finds nothing by itself: lets the others find what is waited for, and speaks to it when it has run."""

    def find_spec(self, name, path=None, target=None):
        if name not in WAITING:
            return None
        tell = WAITING.pop(name)
        if not WAITING:
            sys.meta_path.remove(self)
        from importlib.util import find_spec  # few programs come here

        spec = find_spec(name)
        if spec is not None and spec.loader is not None:
            spec.loader.exec_module = _then(spec.loader.exec_module, tell)
        return spec


def _then(run, tell):
    def exec_module(module):
        run(module)
        tell(module)

    return exec_module


def wait() -> None:
    """Speak to those that are imported already, and wait for the others."""
    for name in [n for n in WAITING if n in sys.modules]:
        WAITING.pop(name)(sys.modules[name])
    if WAITING:
        sys.meta_path.insert(0, Finder())
