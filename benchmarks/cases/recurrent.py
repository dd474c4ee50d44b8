"""Value and gradients of recurrent layers: 50 steps of 32 numbers, hidden 64, float32."""

from __future__ import annotations

import numpy as np

from ..case import case
from ..training import Library, initial_weights, put_weights


def passes(kind, rows, tiny):
    """Forward and backward of Σ h², gradients of all weights; compared are the value and those gradients."""
    steps, inputs, hidden = (4, 3, 5) if tiny else (50, 32, 64)
    x = np.random.default_rng(11).normal(size=(steps, rows, inputs)).astype(np.float32)

    def maker(name):
        def make():
            library = Library(name)
            layer = getattr(library.nn, kind)(inputs, hidden)
            put_weights(library, layer, initial_weights([tuple(p.shape) for p in layer.parameters()]))
            given, parameters = library.tensor(x), list(layer.parameters())

            def run():
                for p in parameters:
                    p.grad = None
                out, _ = layer(given)
                loss = (out * out).sum()
                loss.backward()
                return [loss, *[p.grad for p in parameters]]

            return run

        return make

    return {name: maker(name) for name in ("dualad", "torch")}


@case("lstm.32", unit="ms", targets={"torch": 1.5}, rtol=2e-4)
def lstm(tiny):
    """`nn.LSTM`, batch 32."""
    return passes("LSTM", 32, tiny)


@case("lstm.1", unit="ms", rtol=2e-4)
def lstm_alone(tiny):
    """`nn.LSTM`, batch 1: the price of a step."""
    return passes("LSTM", 1, tiny)


@case("gru.32", unit="ms", targets={"torch": 1.5}, rtol=2e-4)
def gru(tiny):
    """`nn.GRU`, batch 32."""
    return passes("GRU", 32, tiny)


@case("rnn.32", unit="ms", targets={"torch": 1.5}, rtol=2e-4)
def rnn(tiny):
    """`nn.RNN`, batch 32."""
    return passes("RNN", 32, tiny)
