"""The options of `examples.mnist`, and the defaults that suit each model and data set."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

from ._command import Parser, count, positive_float, positive_int

OPTIMIZERS = ("sgd", "adam", "adamw")


@dataclass(frozen=True)
class Schedule:
    """How long to train, with how many images at once, and how fast at first (Adam; SGD)."""

    epochs: int
    batch_size: int
    adam: float
    sgd: float


SCHEDULES = {
    ("mnist", "linear"): Schedule(epochs=5, batch_size=128, adam=2e-3, sgd=0.1),
    ("mnist", "conv"): Schedule(epochs=3, batch_size=64, adam=3e-3, sgd=0.05),
    ("digits", "linear"): Schedule(epochs=20, batch_size=32, adam=5e-3, sgd=0.1),
    ("digits", "conv"): Schedule(epochs=20, batch_size=32, adam=5e-3, sgd=0.05),
}


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """The options of one run; what was not given and depends on the data stays None."""
    parser = Parser(
        prog="mnist",
        description="Train a classifier of handwritten digits with dualad, or the same one with PyTorch.",
    )
    add = parser.add_argument
    add("--model", choices=("linear", "conv"), default="linear", help="layers: linear ones, or convolutions")
    add("--epochs", type=count, help="passes over the images (0: only test; default: by data and model)")
    add("--batch-size", type=positive_int, help="images in one step (default: by data and model)")
    add("--optimizer", choices=OPTIMIZERS, default="adam", help="the rule of a step (default: adam)")
    add(
        "--lr",
        type=positive_float,
        help="learning rate at first; it falls to 0 (default: by the rest)",
    )
    add("--seed", type=count, default=0, help="of the initial weights and the order of images (default: 0)")
    add("--data", metavar="DIR", help="folder of MNIST's files, or 'digits': scikit-learn's small ones")
    add("--limit", type=positive_int, metavar="N", help="train on the first N images only")
    add("--save", type=Path, metavar="FILE", help="write the trained weights there (also after Ctrl-C)")
    add("--load", type=Path, metavar="FILE", help="begin with the weights in that file")
    add("--plot", type=Path, metavar="FILE.png", help="draw the loss curves and the hardest test digits")
    add("--backend", choices=("dualad", "torch"), default="dualad", help="the library that trains")
    return parser.parse_args(arguments)


def complete(options: argparse.Namespace, data_name: str) -> None:
    """Fill in the defaults that depend on the data."""
    schedule = SCHEDULES[data_name, options.model]
    options.epochs = schedule.epochs if options.epochs is None else options.epochs
    options.batch_size = options.batch_size or schedule.batch_size
    options.lr = options.lr or (schedule.sgd if options.optimizer == "sgd" else schedule.adam)
