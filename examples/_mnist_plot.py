"""The picture of one training: loss curves, accuracy by epoch, and the test digits the model is worst at."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np

from dualad.data import DigitImages

from ._command import Problem
from ._mnist_train import History, Training

HARDEST = 24
ROWS, COLUMNS = 3, 8
INK, LOSS, TRAIN, TEST, WRONG = "#222222", "#2b6cb0", "#2b6cb0", "#d9660a", "#c0262d"


def matplotlib_figure() -> Any:
    """The module `matplotlib.figure`: no window system, no pyplot."""
    try:
        from matplotlib import figure
        from matplotlib.backends import backend_agg  # noqa: F401
    except ImportError:
        raise Problem("--plot needs matplotlib: pip install matplotlib, or leave --plot out") from None
    return figure


def draw(training: Training, digits: DigitImages, probabilities: np.ndarray, title: str) -> bytes:
    """A PNG of the training's history and of the hardest test digits."""
    figure = matplotlib_figure().Figure(figsize=(11, 8.4), layout="constrained", facecolor="white")
    figure.get_layout_engine().set(rect=(0.008, 0.008, 0.984, 0.984), h_pad=0.055)
    figure.suptitle(title, fontsize=13, color=INK)
    above, below = figure.subfigures(2, 1, height_ratios=(0.82, 1))
    left, right = above.subplots(1, 2, width_ratios=(1.5, 1))
    _losses(left, training.history)
    _accuracies(right, training.history)
    _hardest(below, digits, probabilities)
    png = io.BytesIO()
    figure.savefig(png, format="png", dpi=120)
    return png.getvalue()


def write(path: Path, png: bytes) -> None:
    """Write the picture, all or nothing."""
    from dualad.data._files import write_atomically

    try:
        write_atomically(path, png)
    except OSError as error:
        raise Problem(f"--plot: {error.strerror or error}") from None


def _losses(axes: Any, history: History) -> None:
    losses = np.array(history.losses)
    steps = np.arange(1, len(losses) + 1)
    if len(losses):
        axes.plot(steps, losses, color=LOSS, alpha=0.25, linewidth=0.7, label="each step")
        window = max(1, min(len(losses) // 20, 100))
        smooth = np.convolve(losses, np.ones(window) / window, mode="valid")
        axes.plot(steps[window - 1 :], smooth, color=LOSS, linewidth=1.8, label=f"mean of {window} steps")
        axes.set_yscale("log")
        axes.set_ylim(max(np.percentile(losses, 2) / 1.5, 1e-5), losses.max() * 1.2)
        axes.legend(frameon=False, loc="upper right", labelcolor=INK)
    else:
        _nothing(axes)
    _style(axes, "Cross-entropy in training", "step")


def _accuracies(axes: Any, history: History) -> None:
    epochs = np.arange(1, len(history.test_accuracy) + 1)
    if len(epochs):
        train = 100 * np.array(history.train_accuracy)
        test = 100 * np.array(history.test_accuracy)
        few = dict(marker="o", markersize=5) if len(epochs) <= 40 else {}
        axes.plot(epochs, train, color=TRAIN, linewidth=1.8, label="training images, during the epoch", **few)
        axes.plot(epochs, test, color=TEST, linewidth=1.8, label="test images, after it", **few)
        axes.annotate(
            f"{test[-1]:.2f}",
            (epochs[-1], test[-1]),
            (0, -12),
            textcoords="offset points",
            ha="center",
            va="top",
            color=TEST,
        )
        axes.margins(x=0.08, y=0.18)
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.legend(frameon=False, loc="lower right", labelcolor=INK)
    else:
        _nothing(axes)
    _style(axes, "Accuracy in %", "epoch")


def _nothing(axes: Any) -> None:
    axes.text(0.5, 0.5, "no whole epoch", transform=axes.transAxes, ha="center", color="grey")
    axes.set_xticks([])
    axes.set_yticks([])


def _style(axes: Any, title: str, xlabel: str) -> None:
    axes.set_title(title, fontsize=11, loc="left", color=INK)
    axes.set_xlabel(xlabel, color=INK)
    axes.grid(True, color="#e5e5e5", linewidth=0.7)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def hardest(labels: np.ndarray, probabilities: np.ndarray, count: int = HARDEST) -> np.ndarray:
    """Indices of the images whose true class got the least probability, the worst first."""
    given = probabilities[np.arange(len(labels)), labels]
    return np.argsort(given, kind="stable")[:count]


def _hardest(figure: Any, digits: DigitImages, probabilities: np.ndarray) -> None:
    wrong = int((probabilities.argmax(1) != digits.test_labels).sum())
    figure.suptitle(
        f"The hardest of {len(digits.test_labels):,} test digits ({wrong:,} are misread): "
        "true digit → the model's reading, with its probability",
        fontsize=11,
        x=0.01,
        ha="left",
        color=INK,
    )
    panels = figure.subplots(ROWS, COLUMNS).ravel()
    for axes in panels:
        axes.set_axis_off()
    for axes, index in zip(panels, hardest(digits.test_labels, probabilities), strict=False):
        truth, reading = int(digits.test_labels[index]), int(probabilities[index].argmax())
        axes.imshow(
            digits.test_images[index], cmap="gray_r", vmin=0, vmax=digits.pixel_max, interpolation="nearest"
        )
        axes.set_title(
            f"{truth} → {reading}  {probabilities[index, reading]:.0%}",
            fontsize=10,
            color=INK if truth == reading else WRONG,
            pad=3,
        )
