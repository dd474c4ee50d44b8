"""Modules that hold others: in a row, in a list, in a dict."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from operator import index
from typing import Any

from .._tensor import Tensor
from .module import Module
from .parameter import Parameter


class _List(Module):
    """Children named "0", "1", …"""

    def __init__(self, modules: Iterable[Module] = ()):
        super().__init__()
        self.extend(modules)

    def append(self, module: Module):
        """Add a module at the end; returns self."""
        self.add_module(str(len(self)), module)
        return self

    def extend(self, modules: Iterable[Module]):
        """Add modules at the end; returns self."""
        for module in modules:
            self.append(module)
        return self

    def insert(self, i: int, module: Module) -> None:
        """Put a module before the one at `i`."""
        everyone = list(self)
        everyone.insert(i, module)
        self._renumber(everyone)

    def pop(self, i: int = -1) -> Module:
        """Take a module out."""
        module = self[i]
        del self[i]
        return module

    def _renumber(self, modules):
        self._modules.clear()
        self.extend(modules)

    def _name(self, i):
        n, k = len(self), index(i)
        if not -n <= k < n:
            raise IndexError(f"index {k} is out of range: there are {n} modules")
        return list(self._modules)[k]

    def __getitem__(self, i: Any) -> Any:
        if isinstance(i, slice):
            return type(self)._of(list(self._modules.items())[i])
        return self._modules[self._name(i)]

    @classmethod
    def _of(cls, items):
        return cls([m for _, m in items])

    def __setitem__(self, i: int, module: Module) -> None:
        setattr(self, self._name(i), module)

    def __delitem__(self, i: Any) -> None:
        names = list(self._modules)
        for name in names[i] if isinstance(i, slice) else [self._name(i)]:
            delattr(self, name)
        if all(name.isdigit() for name in names):
            self._renumber(list(self))

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[Module]:
        return iter(self._modules.values())

    def __iadd__(self, modules: Iterable[Module]):
        return self.extend(list(modules))


class Sequential(_List):
    """Modules called one after another: `Sequential(Linear(2, 3), ReLU())`, or of a dict of names."""

    def __init__(self, *modules: Any):
        if len(modules) == 1 and isinstance(modules[0], Mapping):
            super().__init__()
            for name, module in modules[0].items():
                self.add_module(name, module)
        else:
            super().__init__(modules)

    @classmethod
    def _of(cls, items):
        return cls(dict(items))

    def forward(self, input: Any) -> Any:
        for module in self._modules.values():
            input = module(input)
        return input


class ModuleList(_List):
    """A list of modules whose parameters are found."""

    def __add__(self, modules: Iterable[Module]):
        return ModuleList([*self, *modules])


class ModuleDict(Module):
    """A dict of modules whose parameters are found."""

    def __init__(self, modules: Mapping[str, Module] | Iterable[tuple[str, Module]] = ()):
        super().__init__()
        self.update(modules)

    def update(self, modules: Mapping[str, Module] | Iterable[tuple[str, Module]]) -> None:
        """Add or replace modules."""
        for name, module in dict(modules).items():
            self[name] = module

    def pop(self, name: str) -> Module:
        """Take a module out."""
        module = self[name]
        del self[name]
        return module

    def clear(self) -> None:
        self._modules.clear()

    def keys(self):
        return self._modules.keys()

    def values(self):
        return self._modules.values()

    def items(self):
        return self._modules.items()

    def __getitem__(self, name: str) -> Module:
        return self._modules[name]

    def __setitem__(self, name: str, module: Module) -> None:
        self.add_module(name, module)

    def __delitem__(self, name: str) -> None:
        del self._modules[name]

    def __contains__(self, name: object) -> bool:
        return name in self._modules

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[str]:
        return iter(self._modules)


class ParameterList(Module):
    """A list of parameters; plain tensors become parameters."""

    def __init__(self, values: Iterable[Tensor] = ()):
        super().__init__()
        self.extend(values)

    def append(self, value: Tensor):
        """Add a parameter at the end; returns self."""
        self.register_parameter(str(len(self)), _parameter(value))
        return self

    def extend(self, values: Iterable[Tensor]):
        """Add parameters at the end; returns self."""
        for value in values:
            self.append(value)
        return self

    def _name(self, i):
        n, k = len(self), index(i)
        if not -n <= k < n:
            raise IndexError(f"index {k} is out of range: there are {n} parameters")
        return str(k % n)

    def __getitem__(self, i: Any) -> Any:
        if isinstance(i, slice):
            return ParameterList(list(self)[i])
        return self._parameters[self._name(i)]

    def __setitem__(self, i: int, value: Tensor) -> None:
        setattr(self, self._name(i), _parameter(value))

    def __len__(self) -> int:
        return len(self._parameters)

    def __iter__(self) -> Iterator[Parameter]:
        return iter(self._parameters.values())

    def extra_repr(self) -> str:
        return "\n".join(
            f"({name}): Parameter of shape {tuple(p.shape)}, {p.dtype}"
            for name, p in self._parameters.items()
        )


def _parameter(value):
    return value if isinstance(value, Parameter) else Parameter(value)
