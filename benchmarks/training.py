"""One training step on the PyTorch-shaped face, the same lines for both libraries."""

from __future__ import annotations

import importlib
from collections.abc import Callable

import numpy as np

from .case import Contestant
from .peers import load

LIBRARIES = {"dualad": lambda: importlib.import_module("dualad"), "torch": lambda: load("torch")}


class Library:
    """`nn`, `optim`, functions: under one name in either library."""

    def __init__(self, name: str):
        self.root = LIBRARIES[name]()
        self.nn = importlib.import_module(f"{name}.nn")
        self.functional = importlib.import_module(f"{name}.nn.functional")
        self.optim = importlib.import_module(f"{name}.optim")

    def tensor(self, a: np.ndarray, **options):
        return self.root.tensor(a, **options)


def initial_weights(shapes, seed=0) -> list[np.ndarray]:
    """float32 weights of a sensible size for parameters of these shapes, biases included."""
    rng = np.random.default_rng(seed)
    scale = [1 / np.sqrt(np.prod(s[1:])) if len(s) > 1 else 0.1 for s in shapes]
    return [(rng.normal(size=s) * k).astype(np.float32) for s, k in zip(shapes, scale)]


def put_weights(library: Library, model, weights) -> None:
    with library.root.no_grad():
        for p, w in zip(model.parameters(), weights, strict=True):
            p.copy_(library.tensor(w))


def step_maker(name: str, build: Callable, optimizer: Callable, x: np.ndarray, labels: np.ndarray):
    """Maker of a contestant: `build(library)` is the model, `optimizer(library, parameters)` what moves it.

    Timed is one step: gradients cleared, forward, cross-entropy, backward, update. Compared are the losses of
    three steps from the same weights.
    """

    def trainer():
        library = Library(name)
        model = build(library)
        put_weights(library, model, initial_weights([tuple(p.shape) for p in model.parameters()]))
        opt = optimizer(library, model.parameters())
        images, targets = library.tensor(x), library.tensor(labels)
        cross_entropy = library.functional.cross_entropy

        def step():
            opt.zero_grad()
            loss = cross_entropy(model(images), targets)
            loss.backward()
            opt.step()
            return loss

        return step

    def result():
        step = trainer()
        return [step() for _ in range(3)]

    return lambda: Contestant(trainer(), result)
