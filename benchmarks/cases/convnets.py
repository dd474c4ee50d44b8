"""Training steps of two convolutional networks on 28 × 28 images, batch 64, float32, SGD.

PyTorch is timed as people write it (NCHW, the default). The target is one thread each.
"""

from __future__ import annotations

import numpy as np

from ..case import case
from ..training import step_maker


def images(tiny):
    n = 2 if tiny else 64
    rng = np.random.default_rng(5)
    return rng.normal(size=(n, 1, 28, 28)).astype(np.float32), rng.integers(0, 10, n)


def sgd(library, parameters):
    return library.optim.SGD(parameters, lr=0.01)


def steps(build, tiny):
    x, labels = images(tiny)
    return {name: step_maker(name, build, sgd, x, labels) for name in ("dualad", "torch")}


@case("cnn.pooled", unit="ms", targets={"torch": 1.2}, rtol=1e-4)
def pooled(tiny):
    """conv 16 3×3 p1, ReLU, pool 2, conv 32 3×3 p1, ReLU, pool 2, linear: one step of SGD."""

    def build(library):
        nn = library.nn
        return nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(16, 32, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(32 * 7 * 7, 10),
        )

    return steps(build, tiny)


@case("cnn.strided", unit="ms", targets={"torch": 1.2}, rtol=1e-4)
def strided(tiny):
    """conv 64 7×7 stride 2, ReLU, conv 128 3×3 stride 2, ReLU, global maximum, linear: one step of SGD."""

    def build(library):
        nn = library.nn

        class Strided(nn.Module):
            def __init__(self):
                super().__init__()
                self.first = nn.Conv2d(1, 64, 7, stride=2)
                self.second = nn.Conv2d(64, 128, 3, stride=2)
                self.last = nn.Linear(128, 10)

            def forward(self, x):
                x = self.first(x).relu()
                x = self.second(x).relu()
                return self.last(x.flatten(2).max(2).values)

        return Strided()

    return steps(build, tiny)
