"""Recurrent layers and cells: RNN, LSTM, GRU."""

from __future__ import annotations

import warnings
from math import sqrt
from typing import Any, ClassVar

import numpy as np

from .._tensor import Tensor, empty
from ..core.errors import ShapeError, at_user_line
from . import functional as F
from . import init
from ._engine import op, value, wrap
from ._recurrent import run, step
from .module import Module
from .parameter import Parameter


class _Gated(Module):
    """What layers and cells share: the kind of cell, and how its weights begin."""

    _gates: ClassVar[int]
    _states: ClassVar[int] = 1

    def reset_parameters(self) -> None:
        _reset(self)

    def _kind(self) -> str:
        """The cell, as `_recurrent` calls it."""
        raise NotImplementedError


class _Recurrent(_Gated):
    """A sequence through layers of cells.

    Parameters
    ----------
    input_size, hidden_size : int
    num_layers : int
        Each layer reads the states of the one below.
    bias : bool
        Whether there are two biases, of what comes in and of the state, as in PyTorch.
    batch_first : bool
        Inputs and outputs are (N, L, …) and not (L, N, …); states are (layers, N, hidden) in either case.
    dropout : float
        Between layers, in training mode.
    bidirectional : bool
        A second set of cells reads from the end; both states stand side by side.
    device : "cpu", optional
    dtype : dtype, optional

    Attributes
    ----------
    weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0, …, and with `_reverse`
        Gates below one another: uniform on ±1 / √hidden_size at first.

    Returns of a call
    -----------------
    output : (L, N, directions · hidden_size), or (L, …) without N
        The states of the last layer.
    h_n, for LSTM (h_n, c_n) : (layers · directions, N, hidden_size)
        The last states of all layers.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        device: Any = None,
        dtype: Any = None,
    ):
        super().__init__()
        if hidden_size <= 0 or num_layers <= 0:
            raise ValueError("hidden_size and num_layers must be greater than zero")
        if not 0 <= dropout <= 1:
            raise ValueError(
                "dropout should be a number in range [0, 1], the probability of an element being zeroed"
            )
        if dropout and num_layers == 1:
            warnings.warn(
                f"dropout={dropout} is between layers, and there is one: num_layers=1",
                UserWarning,
                stacklevel=3,
            )
        self.input_size, self.hidden_size, self.num_layers = input_size, hidden_size, num_layers
        self.bias, self.batch_first, self.dropout = bias, batch_first, float(dropout)
        self.bidirectional = bidirectional
        for layer in range(num_layers):
            for suffix in self._suffixes(layer):
                wide = input_size if layer == 0 else hidden_size * (1 + bidirectional)
                _register_cell(self, suffix, wide, hidden_size, self._gates, bias, device, dtype)
        self.reset_parameters()

    def _suffixes(self, layer):
        return (f"_l{layer}", f"_l{layer}_reverse") if self.bidirectional else (f"_l{layer}",)

    def forward(self, input: Any, hx: Any = None) -> Any:
        x = value(input)
        if x.ndim not in (2, 3) or x.shape[-1] != self.input_size:
            raise ShapeError(
                f"{type(self).__name__}: Expected input to be 2D or 3D with {self.input_size} features, got "
                f"{list(x.shape)}{at_user_line()}"
            )
        alone = x.ndim == 2
        x = x[:, None] if alone else op.swapaxes(x, 0, 1) if self.batch_first else x
        states = self._initial(hx, x, alone)
        lasts: list[tuple] = []
        for layer in range(self.num_layers):
            if layer and self.dropout and self.training:
                x = value(F.dropout(wrap(x), self.dropout, True))
            outs = []
            for suffix in self._suffixes(layer):
                state = tuple(s[len(lasts)] for s in states)
                out, last = run(self._kind(), x, state, _weights(self, suffix), suffix.endswith("reverse"))
                outs.append(out)
                lasts.append(last)
            x = op.concatenate(*outs, axis=2) if len(outs) > 1 else outs[0]
        x = x[:, 0] if alone else op.swapaxes(x, 0, 1) if self.batch_first else x
        ends = [op.stack(*column, axis=0) for column in zip(*lasts, strict=True)]
        ends = [wrap(e[:, 0] if alone else e) for e in ends]
        return wrap(x), ends[0] if len(ends) == 1 else tuple(ends)

    def _initial(self, hx, x, alone):
        """The states to begin with, (layers · directions, N, hidden) each; zeros if none are given."""
        shape = (self.num_layers * (1 + self.bidirectional), x.shape[1], self.hidden_size)
        if hx is None:
            return (np.zeros(shape, x.dtype),) * self._states
        states = tuple(hx) if self._states > 1 else (hx,)
        if len(states) != self._states:
            raise ValueError(f"{type(self).__name__}: hx is a pair (h_0, c_0), not {len(states)} tensors")
        states = tuple(value(s)[:, None] if alone else value(s) for s in states)
        for s in states:
            if tuple(s.shape) != shape:
                raise ShapeError(f"Expected hidden size {shape}, got {list(s.shape)}{at_user_line()}")
        return states

    def extra_repr(self) -> str:
        s = f"{self.input_size}, {self.hidden_size}"
        for name, default in (("num_layers", 1), ("bias", True), ("batch_first", False), ("dropout", 0.0)):
            if getattr(self, name) != default:
                s += f", {name}={getattr(self, name)}"
        return s + ", bidirectional=True" * self.bidirectional


class RNN(_Recurrent):
    __doc__ = "h ← tanh(W_ih x + b_ih + W_hh h + b_hh), or relu.\n\n" + (_Recurrent.__doc__ or "")
    _gates = 1

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "tanh",
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        device: Any = None,
        dtype: Any = None,
    ):
        super().__init__(
            input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, device, dtype
        )
        self.nonlinearity = _known(nonlinearity)

    def _kind(self):
        return self.nonlinearity


class LSTM(_Recurrent):
    __doc__ = "Long short-term memory; `proj_size` is not implemented.\n\n" + (_Recurrent.__doc__ or "")
    _gates, _states = 4, 2

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: Any = None,
        dtype: Any = None,
    ):
        if proj_size:
            raise NotImplementedError("LSTM: proj_size is not implemented; put an nn.Linear behind it")
        super().__init__(
            input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, device, dtype
        )

    def _kind(self):
        return "LSTM"


class GRU(_Recurrent):
    __doc__ = "Gated recurrent units.\n\n" + (_Recurrent.__doc__ or "")
    _gates = 3

    def _kind(self):
        return "GRU"


class _Cell(_Gated):
    """One step of one layer, on (N, input_size) or (input_size,)."""

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, device: Any = None, dtype: Any = None
    ):
        super().__init__()
        self.input_size, self.hidden_size, self.bias = input_size, hidden_size, bias
        _register_cell(self, "", input_size, hidden_size, self._gates, bias, device, dtype)
        self.reset_parameters()

    def forward(self, input: Any, hx: Any = None) -> Any:
        x = value(input)
        if x.ndim not in (1, 2) or x.shape[-1] != self.input_size:
            raise ShapeError(
                f"{type(self).__name__}: Expected input to be 1D or 2D with {self.input_size} features, got "
                f"{list(x.shape)}{at_user_line()}"
            )
        if hx is None:
            state = (np.zeros((*x.shape[:-1], self.hidden_size), x.dtype),) * self._states
        else:
            state = tuple(value(s) for s in (hx if self._states > 1 else (hx,)))
        out = step(self._kind(), x, state, _weights(self, ""))
        return wrap(out[0]) if self._states == 1 else tuple(map(wrap, out))

    def extra_repr(self) -> str:
        return f"{self.input_size}, {self.hidden_size}" + ("" if self.bias else ", bias=False")


class RNNCell(_Cell):
    __doc__ = "A step of `RNN`: h.\n\n" + (_Cell.__doc__ or "")
    _gates = 1

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        nonlinearity: str = "tanh",
        device: Any = None,
        dtype: Any = None,
    ):
        super().__init__(input_size, hidden_size, bias, device, dtype)
        self.nonlinearity = _known(nonlinearity)

    def _kind(self):
        return self.nonlinearity

    def extra_repr(self) -> str:
        return super().extra_repr() + (
            f", nonlinearity={self.nonlinearity}" if self.nonlinearity != "tanh" else ""
        )


class LSTMCell(_Cell):
    __doc__ = "A step of `LSTM`: (h, c).\n\n" + (_Cell.__doc__ or "")
    _gates, _states = 4, 2

    def _kind(self):
        return "LSTM"


class GRUCell(_Cell):
    __doc__ = "A step of `GRU`: h.\n\n" + (_Cell.__doc__ or "")
    _gates = 3

    def _kind(self):
        return "GRU"


def _known(nonlinearity):
    if nonlinearity not in ("tanh", "relu"):
        raise ValueError(f"Unknown nonlinearity {nonlinearity!r}. Select from 'tanh' or 'relu'.")
    return nonlinearity


def _register_cell(module, suffix, wide, hidden, gates, bias, device, dtype):
    """Weights and biases of one cell, all gates below one another."""
    for name, shape in (
        ("weight_ih", (gates * hidden, wide)),
        ("weight_hh", (gates * hidden, hidden)),
        ("bias_ih", (gates * hidden,)),
        ("bias_hh", (gates * hidden,)),
    ):
        there = bias or name.startswith("weight")
        p: Tensor | None = Parameter(empty(*shape, dtype=dtype, device=device)) if there else None
        if there or not suffix:
            module.register_parameter(name + suffix, p)


def _weights(module, suffix):
    names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    found = [getattr(module, n + suffix, None) for n in names]
    return tuple(None if p is None else value(p) for p in found)


def _reset(module):
    bound = 1 / sqrt(module.hidden_size)
    for p in module.parameters():
        init.uniform_(p, -bound, bound)
