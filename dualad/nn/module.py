"""`Module`: the base of all layers and models, with PyTorch's manners, and a pytree of its parameters.

As a pytree a module has its parameters for leaves, each once, in the order of `parameters()`. So
`dualad.grad(lambda m: loss(m(x), y))(model)` returns a module of the same make that holds the gradient in its
parameters, and `jvp`, `hvp`, `vmap` go through networks. Buffers (running means, masks, counters) are
constants to every transform and travel in the tree's structure. A layer that would *write* a buffer there has
to be in eval mode, or the buffers have to be returned: see `functional_call`.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from .._tensor import Tensor, no_grad
from .._torch.devices import is_device, on_cpu
from .._torch.hooks import RemovableHandle
from ._buffers import stored
from ._state import load_state_dict, state_dict
from ._tree import register
from .parameter import Parameter

_TABLES = ("_parameters", "_buffers", "_modules")


class Module:
    """Base class of layers and models. A subclass defines `forward`, and calls `super().__init__()` first.

    Attributes that are `Parameter`s or modules are registered under their names.
    """

    training: bool

    def __init__(self) -> None:
        set_ = super().__setattr__
        set_("training", True)
        for table in _TABLES:
            set_(table, {})
        set_("_transient", set())
        set_("_pre_hooks", {})
        set_("_hooks", {})
        set_("_returns_buffers", False)

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        register(cls)

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the module computes; each subclass says."""
        raise NotImplementedError(
            f'Module [{type(self).__name__}] is missing the required "forward" function'
        )

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if not self._pre_hooks and not self._hooks:
            return self.forward(*args, **kwargs)
        for hook in tuple(self._pre_hooks.values()):
            changed = hook(self, args)
            if changed is not None:
                args = changed if isinstance(changed, tuple) else (changed,)
        out = self.forward(*args, **kwargs)
        for hook in tuple(self._hooks.values()):
            changed = hook(self, args, out)
            out = out if changed is None else changed
        return out

    # ---- attributes ---------------------------------------------------------------------------------------

    def __getattr__(self, name: str) -> Any:
        tables = self.__dict__
        for table in _TABLES:
            if table in tables and name in tables[table]:
                return tables[table][name]
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}{_hint(self, name)}")

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, Parameter):
            self._set_parameter(name, value)
        elif isinstance(value, Module):
            if name not in self.__dict__.get("_modules", ()):
                self._take(name, "module")
            self._modules[name] = value
        else:
            self._set_plain(name, value)

    def _set_plain(self, name, value):
        """Neither parameter nor module: perhaps in the place of one."""
        tables = self.__dict__
        if name in tables.get("_parameters", ()):
            if value is not None:
                raise TypeError(
                    f"cannot assign '{type(value).__name__}' as parameter '{name}' (dualad.nn.Parameter or "
                    "None "
                    "expected)"
                )
            self._parameters[name] = None
        elif name in tables.get("_modules", ()):
            if value is not None:
                raise TypeError(
                    f"cannot assign '{type(value).__name__}' as child module '{name}' (dualad.nn.Module or "
                    "None "
                    "expected)"
                )
            self._modules[name] = None
        elif name in tables.get("_buffers", ()):
            if value is not None and not isinstance(value, Tensor):
                raise TypeError(
                    f"cannot assign '{type(value).__name__}' object to buffer '{name}' (dualad.Tensor or "
                    "None required)"
                )
            self._buffers[name] = value
        else:
            super().__setattr__(name, value)

    def __delattr__(self, name: str) -> None:
        for table in _TABLES:
            if name in self.__dict__.get(table, ()):
                del self.__dict__[table][name]
                self._transient.discard(name)
                return
        super().__delattr__(name)

    def __dir__(self):
        return sorted({*super().__dir__(), *self._parameters, *self._buffers, *self._modules})

    def _take(self, name: str, what: str) -> None:
        """Make a name free for a parameter, buffer or module, or say why it cannot be one."""
        if "_parameters" not in self.__dict__:
            raise AttributeError(
                f"cannot assign {what} before Module.__init__() call: call super().__init__() first"
            )
        if not isinstance(name, str):
            raise TypeError(f"{what} name should be a string. Got {type(name).__name__}")
        if "." in name or name == "":
            raise KeyError(f'{what} name can\'t contain "." or be empty: {name!r}')
        self.__dict__.pop(name, None)
        for table in _TABLES:
            self.__dict__[table].pop(name, None)

    # ---- registration -------------------------------------------------------------------------------------

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Add a parameter, or the None of one that this instance does without."""
        self._refuse_taken(name, "_parameters")
        if param is not None and not isinstance(param, Parameter):
            raise TypeError(
                f"cannot assign '{type(param).__name__}' object to parameter '{name}' "
                "(dualad.nn.Parameter or None required)"
            )
        self._set_parameter(name, param)

    def _set_parameter(self, name, param):
        if param is not None and not param.is_leaf:
            raise ValueError(
                f"Cannot assign non-leaf Tensor to parameter '{name}'. Model parameters must be created "
                "explicitly."
            )
        if name not in self.__dict__.get("_parameters", ()):  # an existing one keeps its place in the order
            self._take(name, "parameter")
        self._parameters[name] = param

    def _refuse_taken(self, name, table):
        """Raise if a name already means something else than an entry of this table."""
        known = self.__dict__.get(table)
        if known is not None and isinstance(name, str) and name not in known and hasattr(self, name):
            raise KeyError(f"attribute '{name}' already exists")

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Add a tensor that is state but no parameter; only persistent ones are in the `state_dict`."""
        if tensor is not None and not isinstance(tensor, Tensor):
            raise TypeError(
                f"cannot assign '{type(tensor).__name__}' object to buffer '{name}' (dualad.Tensor or None "
                "required)"
            )
        self._refuse_taken(name, "_buffers")
        self._take(name, "buffer")
        self._buffers[name] = tensor
        self._transient.discard(name)
        if not persistent:
            self._transient.add(name)

    def add_module(self, name: str, module: Module | None) -> None:
        """Add a child."""
        if module is not None and not isinstance(module, Module):
            raise TypeError(f"{type(module).__name__} is not a Module subclass")
        if name in self.__dict__.get("_modules", ()):
            self._modules[name] = module
            return
        self._refuse_taken(name, "_modules")
        self._take(name, "module")
        self._modules[name] = module

    register_module = add_module

    def store_buffer(self, name: str, value: Any) -> None:
        """Give a buffer new values, without their derivative; refuses where a transform would lose them."""
        self._buffers[name] = stored(self, name, value)

    # ---- what is in it ------------------------------------------------------------------------------------

    def named_modules(
        self, memo: set[Module] | None = None, prefix: str = "", remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Module]]:
        """This module and all below it, with dotted names."""
        memo = set() if memo is None else memo
        if self in memo:
            return
        if remove_duplicate:
            memo.add(self)
        yield prefix, self
        for name, child in self._modules.items():
            if child is not None:
                yield from child.named_modules(memo, _dotted(prefix, name), remove_duplicate)

    def modules(self) -> Iterator[Module]:
        """This module and all below it."""
        return (m for _, m in self.named_modules())

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """The modules one level below, by name."""
        seen: set[Module] = set()
        for name, child in self._modules.items():
            if child is not None and child not in seen:
                seen.add(child)
                yield name, child

    def children(self) -> Iterator[Module]:
        """The modules one level below."""
        return (m for _, m in self.named_children())

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """Parameters with dotted names; one that is shared appears once."""
        return self._named("_parameters", prefix, recurse, remove_duplicate)

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """The parameters, for an optimiser."""
        return (p for _, p in self.named_parameters(recurse=recurse))

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        """Buffers with dotted names."""
        return self._named("_buffers", prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """The buffers."""
        return (b for _, b in self.named_buffers(recurse=recurse))

    def _named(self, table, prefix, recurse, remove_duplicate):
        seen: set[int] = set()
        homes = (
            self.named_modules(prefix=prefix, remove_duplicate=remove_duplicate)
            if recurse
            else [(prefix, self)]
        )
        for place, module in homes:
            for name, t in getattr(module, table).items():
                if t is None or (remove_duplicate and id(t) in seen):
                    continue
                seen.add(id(t))
                yield _dotted(place, name), t

    def get_submodule(self, target: str) -> Module:
        """The module of a dotted name."""
        module: Any = self
        for name in target.split(".") if target else ():
            child = module._modules.get(name)
            if child is None:
                raise AttributeError(f"{type(module).__name__} has no submodule `{name}`")
            module = child
        return module

    def get_parameter(self, target: str) -> Parameter:
        """The parameter of a dotted name."""
        path, _, name = target.rpartition(".")
        found = self.get_submodule(path)._parameters.get(name)
        if found is None:
            raise AttributeError(f"{type(self).__name__} has no parameter `{target}`")
        return found

    # ---- saving -------------------------------------------------------------------------------------------

    def state_dict(self, *, prefix: str = "") -> OrderedDict[str, Tensor]:
        """Parameters and persistent buffers by name. They follow the module; `deepcopy` makes a snapshot."""
        return state_dict(self, prefix)

    def load_state_dict(self, state_dict: dict[str, Any], strict: bool = True):
        """Copy values from a `state_dict` into this module.

        Returns
        -------
        (missing_keys, unexpected_keys)

        Raises
        ------
        RuntimeError
            Keys are missing or unexpected and `strict`, or shapes differ: all of it is listed, nothing is
            loaded.
        """
        return load_state_dict(self, state_dict, strict)

    # ---- modes and casts ----------------------------------------------------------------------------------

    def train(self, mode: bool = True):
        """Set training mode here and below, in which `Dropout` drops and `BatchNorm` measures."""
        if not isinstance(mode, bool):
            raise ValueError("training mode is expected to be boolean")
        for module in self.modules():
            object.__setattr__(module, "training", mode)
        return self

    def eval(self):
        """Leave training mode."""
        return self.train(False)

    def requires_grad_(self, requires_grad: bool = True):
        """Whether backward passes should reach the parameters."""
        for p in self.parameters():
            p.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the parameters' gradients; with `set_to_none=False` fill them with zeros."""
        for p in self.parameters():
            if p.grad is not None:
                p.grad = None if set_to_none else Tensor(np.zeros_like(p.grad.detach().numpy()))

    def apply(self, fn: Callable[[Module], Any]):
        """Call `fn` on every module below, then on this one."""
        for child in self.children():
            child.apply(fn)
        fn(self)
        return self

    def to(self, *args: Any, dtype: Any = None, device: Any = None, non_blocking: bool = False):
        """Cast floating-point parameters and buffers: `model.to(float64)`, or to another tensor's dtype."""
        for a in args:
            if isinstance(a, Tensor):
                dtype = a.dtype
            elif is_device(a):
                device = a
            elif a is not None:
                dtype = np.dtype(a)
        on_cpu(device)
        if dtype is None:
            return self
        dtype = np.dtype(dtype)
        if dtype.kind not in "fc":
            raise TypeError(
                f"nn.Module.to only accepts floating point or complex dtypes, but got desired dtype={dtype}"
            )
        return self._cast(dtype)

    def cpu(self):
        """This module: it is on the CPU."""
        return self

    def cuda(self, device: Any = None):
        """Refused: the only device is the CPU."""
        on_cpu("cuda" if device is None else f"cuda:{device}")

    def float(self):
        """Cast to float32."""
        return self._cast(np.dtype("float32"))

    def double(self):
        """Cast to float64."""
        return self._cast(np.dtype("float64"))

    def half(self):
        """Cast to float16."""
        return self._cast(np.dtype("float16"))

    def _cast(self, dtype):
        with no_grad():
            for module in self.modules():
                for t in (*module._parameters.values(), *module._buffers.values()):
                    if t is not None and t.is_floating_point() and t.dtype != dtype:
                        t.data = t.detach().to(dtype)
                        t.grad = None if t.grad is None else t.grad.detach().to(dtype)
        return self

    # ---- hooks --------------------------------------------------------------------------------------------

    def register_forward_pre_hook(self, hook: Callable) -> RemovableHandle:
        """Call `hook(module, args)` before `forward`; what it returns replaces the arguments."""
        return RemovableHandle(self._pre_hooks, hook)

    def register_forward_hook(self, hook: Callable) -> RemovableHandle:
        """Call `hook(module, args, output)` after `forward`; what it returns replaces the output."""
        return RemovableHandle(self._hooks, hook)

    # ---- printing, copying --------------------------------------------------------------------------------

    def extra_repr(self) -> str:
        """What `repr` says of this module besides its children."""
        return ""

    def __repr__(self):
        extra = self.extra_repr()
        lines = [extra] if extra and not self._modules else extra.split("\n") if extra else []
        for name, child in self._modules.items():
            lines.append(f"({name}): " + repr(child).replace("\n", "\n  "))
        if not lines:
            return f"{type(self).__name__}()"
        if not self._modules and "\n" not in extra:
            return f"{type(self).__name__}({extra})"
        return f"{type(self).__name__}(\n  " + "\n  ".join(lines) + "\n)"


register(Module)


def _dotted(prefix: str, name: str) -> str:
    return f"{prefix}.{name}" if prefix else name


def _hint(module, name) -> str:
    """What may have been meant by an attribute that is not there."""
    from difflib import get_close_matches

    tables = module.__dict__
    if "_parameters" not in tables:
        return ": call super().__init__() in its __init__ first"
    known = [n for table in _TABLES for n in tables[table]]
    close = get_close_matches(name, known, 1)
    return f". Did you mean {close[0]!r}?" if close else ""
