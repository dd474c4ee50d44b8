"""`functional_call`: a module as a function of its parameters and buffers."""

from __future__ import annotations

from typing import Any

from .._tensor import Tensor
from .._torch.handle import wrap
from ._tree import twin
from .parameter import around


def functional_call(
    module,
    parameter_and_buffer_dicts: dict[str, Any] | tuple[dict[str, Any], ...],
    args: Any = None,
    kwargs: dict[str, Any] | None = None,
    *,
    strict: bool = False,
    return_buffers: bool = False,
):
    """Call `module` with other parameters and buffers than its own, which stay as they are.

    Parameters
    ----------
    module : Module
    parameter_and_buffer_dicts : dict of str to Tensor or array, or a tuple of such dicts
        By dotted name; what is not named is taken from the module.
    args : tuple, or a single argument
    kwargs : dict
    strict : bool
        Whether every parameter and buffer has to be named.
    return_buffers : bool
        Return `(output, buffers)`, with the buffers as the call has left them: how BatchNorm's statistics
        come out of a transform. Without it, a write under a transform raises.

    Raises
    ------
    KeyError
        A name is unknown, or missing and `strict`.
    """
    given: dict[str, Any] = {}
    dicts = parameter_and_buffer_dicts
    for d in dicts if isinstance(dicts, (tuple, list)) else (dicts,):
        given.update(d)
    own = {**dict(module.named_parameters()), **dict(module.named_buffers())}
    _check_names(own, given, strict)
    parameters = dict(module.named_parameters())
    replaced = {id(own[name]): _tensor(value, name in parameters) for name, value in given.items()}
    replaced.update({id(b): wrap(b._value) for n, b in module.named_buffers() if n not in given})
    copy = twin(module, replaced, {})
    for m in copy.modules():
        object.__setattr__(m, "_returns_buffers", return_buffers)
    args = () if args is None else args if isinstance(args, tuple) else (args,)
    out = copy(*args, **(kwargs or {}))
    return (out, dict(copy.named_buffers())) if return_buffers else out


def _check_names(own, given, strict):
    unknown = [name for name in given if name not in own]
    if unknown:
        raise KeyError(f"functional_call: the module has no {unknown}; it has {list(own)}")
    missing = [name for name in own if name not in given]
    if strict and missing:
        raise KeyError(f"functional_call(strict=True): missing {missing}")


def _tensor(value, is_parameter):
    """A handle of its own around a value, so that writes do not reach the caller's."""
    v = value._value if isinstance(value, Tensor) else value
    return around(v) if is_parameter else wrap(v)
