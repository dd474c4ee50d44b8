"""The same training without layers or optimisers: ``python -m examples.mnist_functional``.

The parameters are a list of dicts of NumPy arrays, the model is NumPy code, and `dualad.value_and_grad` gives
the loss and a gradient of the same structure. Adam is the eight lines of `adam` below.
"""

from __future__ import annotations

import argparse
import sys
import time
from typing import Any

import numpy as np

import dualad
from dualad.data import DataError, DigitImages, load_digit_images

from ._command import Parser, Problem, count, positive_float, positive_int, run

Params = list[dict[str, np.ndarray]]


def initial(sizes: list[int], random: np.random.Generator) -> Params:
    """Weights and biases of a layer from each size to the next, uniform in ±1/√(inputs)."""
    draw = lambda bound, *shape: random.uniform(-bound, bound, shape).astype(np.float32)  # noqa: E731
    return [
        {"weight": draw(m**-0.5, m, n), "bias": draw(m**-0.5, n)}
        for m, n in zip(sizes, sizes[1:], strict=False)
    ]


def logits(params: Params, images: np.ndarray) -> np.ndarray:
    """The network: linear layers, with max(x, 0) between them."""
    x = images
    for layer in params[:-1]:
        x = np.maximum(x @ layer["weight"] + layer["bias"], 0)
    return x @ params[-1]["weight"] + params[-1]["bias"]


def loss(params: Params, images: np.ndarray, labels: np.ndarray) -> Any:
    """Cross-entropy: log Σ exp(z), less the z of the true class, in the mean over the images."""
    z = logits(params, images)
    z = z - np.max(z, axis=1, keepdims=True)
    return np.mean(np.log(np.sum(np.exp(z), axis=1)) - z[np.arange(len(labels)), labels])


def adam(params: Params, gradient: Params, moments: tuple[Params, Params], step: int, lr: float) -> tuple:
    """One step of Adam (Kingma and Ba, 2015, algorithm 1): new parameters, new moments."""
    tree_map = dualad.tree_map
    first = tree_map(lambda m, g: 0.9 * m + 0.1 * g, moments[0], gradient)
    second = tree_map(lambda v, g: 0.999 * v + 0.001 * g * g, moments[1], gradient)
    rate = lr * (1 - 0.999**step) ** 0.5 / (1 - 0.9**step)
    move = lambda p, m, v: p - np.float32(rate) * m / (np.sqrt(v) + np.float32(1e-8))  # noqa: E731
    return tree_map(move, params, first, second), (first, second)


def accuracy(params: Params, images: np.ndarray, labels: np.ndarray) -> float:
    """The share of images read right."""
    return float(np.mean(logits(params, images).argmax(axis=1) == labels))


def train(options: argparse.Namespace, digits: DigitImages) -> Params:
    """The loop; the learning rate falls to 0 on a straight line."""
    images, labels = flat(digits.train_images, digits.pixel_max), digits.train_labels
    random = np.random.default_rng(options.seed)
    params = initial([images.shape[1], 256, 128, 10], random)
    moments = (dualad.tree_map(np.zeros_like, params),) * 2
    steps = options.epochs * -(-len(images) // options.batch_size)
    step = 0
    for epoch in range(1, options.epochs + 1):
        total = 0.0
        order = random.permutation(len(images))
        for start in range(0, len(images), options.batch_size):
            rows = order[start : start + options.batch_size]
            value, gradient = dualad.value_and_grad(loss)(params, images[rows], labels[rows])
            rate = options.lr * (1 - step / steps)
            step += 1
            params, moments = adam(params, gradient, moments, step, rate)
            total += float(value) * len(rows)
        print(f"epoch {epoch}/{options.epochs}  loss {total / len(images):.5f}", flush=True)
    return params


def flat(images: np.ndarray, pixel_max: int) -> np.ndarray:
    """Each image as a row of numbers from 0 to 1."""
    return images.reshape(len(images), -1).astype(np.float32) / np.float32(pixel_max)


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """The options."""
    parser = Parser(
        prog="mnist_functional", description="Train on digits with value_and_grad and NumPy alone."
    )
    add = parser.add_argument
    add("--data", metavar="DIR", help="folder of MNIST's files, or 'digits': scikit-learn's small ones")
    add(
        "--epochs", type=positive_int, help="passes over the images (default: 5, and 20 for the small digits)"
    )
    add("--batch-size", type=positive_int, default=64, help="images in one step (default: 64)")
    add(
        "--lr",
        type=positive_float,
        help="learning rate at first; it falls to 0 (default: by data)",
    )
    add("--seed", type=count, default=0, help="of the initial weights and the order of images (default: 0)")
    return parser.parse_args(arguments)


def program(options: argparse.Namespace) -> int:
    """One run."""
    try:
        digits = load_digit_images(options.data)
    except (DataError, ImportError, OSError) as error:
        raise Problem(str(error)) from None
    print(f"data: {digits.note}", flush=True)
    epochs, lr = {"mnist": (5, 2e-3), "digits": (20, 5e-3)}[digits.name]
    options.epochs, options.lr = options.epochs or epochs, options.lr or lr
    started = time.perf_counter()
    params = train(options, digits)
    seconds = time.perf_counter() - started
    found = accuracy(params, flat(digits.test_images, digits.pixel_max), digits.test_labels)
    print(f"test accuracy {found:.2%} after {options.epochs} epochs, {seconds:.1f} s")
    return 0


def main(arguments: list[str] | None = None) -> int:
    """The command: its status."""
    options = parse(arguments)
    return run("mnist_functional", lambda: program(options))


if __name__ == "__main__":
    sys.exit(main())
