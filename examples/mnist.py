"""Train a classifier of handwritten digits: ``python -m examples.mnist``.

Without options: three linear layers on MNIST, five epochs. ``--model conv`` trains a convolutional network,
``--data digits`` takes scikit-learn's small digits, which need no network, and ``--help`` lists the rest.

The training loop (`_mnist_train.py`) and the models (`_mnist_model.py`) are what one writes in PyTorch;
``--backend torch`` runs them there, from the same initial weights and in the same order, to the same numbers.
"""

from __future__ import annotations

import argparse
import sys
import time
from typing import Any

from dualad.data import DataError, DigitImages, load_digit_images

from . import _mnist_plot, _mnist_progress, _mnist_weights
from ._command import INTERRUPTED, Problem, check_writable, run
from ._mnist_model import build, build_optimizer, library, parameter_count
from ._mnist_options import complete, parse
from ._mnist_train import Images, Training, evaluate, stop_on_interrupt


def main(arguments: list[str] | None = None) -> int:
    """The command: its status."""
    options = parse(arguments)
    return run("mnist", lambda: program(options))


def program(options: argparse.Namespace) -> int:
    """One run, from the data to the picture."""
    check_outputs(options)
    digits = read(options.data)
    say(f"data: {digits.note}")
    complete(options, digits.name)
    training = prepare(options, library(options.backend), digits)
    say(describe(options, training))
    started = time.perf_counter()
    with stop_on_interrupt() as training.stop:
        history = training.run()
        if options.save:
            _mnist_weights.save(options.save, training.model)
    seconds = time.perf_counter() - started
    if history.interrupted:
        return report_interruption(options, training)
    report(options, training, digits, seconds)
    return 0


def report(options: argparse.Namespace, training: Training, digits: DigitImages, seconds: float) -> None:
    """The last lines, and the picture."""
    accuracy, probabilities = evaluate(training.torch, training.model, training.test)
    hits, total = round(accuracy * len(probabilities)), len(probabilities)
    say(
        f"test accuracy {accuracy:.2%} ({hits:,} of {total:,}) after {options.epochs} epochs, {seconds:.1f} s"
    )
    if options.save:
        say(f"weights: {options.save}")
    if options.plot:
        headline = title(options, digits, accuracy)
        _mnist_plot.write(options.plot, _mnist_plot.draw(training, digits, probabilities, headline))
        say(f"plot: {options.plot}")


def say(line: str) -> None:
    """A line for the reader, at once, also into a pipe."""
    print(line, flush=True)


def check_outputs(options: argparse.Namespace) -> None:
    """What would fail after the training, found before it."""
    if options.save:
        check_writable(options.save, "--save")
    if options.plot:
        check_writable(options.plot, "--plot")
        _mnist_plot.matplotlib_figure()


def read(where: str | None) -> DigitImages:
    """The images, or the problem with them."""
    try:
        return load_digit_images(where)
    except (DataError, ImportError, OSError) as error:
        raise Problem(str(error)) from None


def prepare(options: argparse.Namespace, torch: Any, digits: DigitImages) -> Training:
    """Make the model, its optimiser and the arrays it reads."""
    side = digits.train_images.shape[1]
    model = build(torch, options.model, side, options.seed)
    if options.load:
        _mnist_weights.load(options.load, torch, model, f"--model {options.model} for {side}x{side} pixels")
    return Training(
        torch,
        model,
        build_optimizer(torch, options.optimizer, model.parameters(), options.lr),
        Images.training(digits, options.limit),
        Images.test(digits),
        epochs=options.epochs,
        batch_size=options.batch_size,
        seed=options.seed,
        say=say,
    )


def describe(options: argparse.Namespace, training: Training) -> str:
    """The second line: what is trained, and how."""
    beginning = f"from {options.load}" if options.load else f"seed {options.seed}"
    return (
        f"model: {options.model}, {parameter_count(training.model):,} parameters, {beginning}; "
        f"{options.backend}, {options.optimizer}, lr {options.lr:g} falling to 0, "
        f"{options.epochs} epochs of {len(training.data.images):,} images in batches of {options.batch_size}"
        + ("; pip install tqdm for a progress bar" if _mnist_progress.missing() else "")
    )


def report_interruption(options: argparse.Namespace, training: Training) -> int:
    """After Ctrl-C: where training stopped, and where the weights are."""
    steps = len(training.history.losses)
    epoch = len(training.history.test_accuracy) + 1
    kept = f"the weights are in {options.save}" if options.save else "nothing was saved (--save FILE would)"
    say(f"interrupted in epoch {epoch} of {options.epochs}, after {steps:,} steps; {kept}")
    return INTERRUPTED


def title(options: argparse.Namespace, digits: DigitImages, accuracy: float) -> str:
    """The headline of the picture."""
    data = {"mnist": "MNIST", "digits": "scikit-learn's digits"}[digits.name]
    model = {"linear": "linear layers", "conv": "convolutions"}[options.model]
    return f"{data}, {model}, {options.backend}: test accuracy {accuracy:.2%}"


if __name__ == "__main__":
    sys.exit(main())
