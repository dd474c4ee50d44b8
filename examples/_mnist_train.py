"""The training loop, one step after the other, and the test afterwards."""

from __future__ import annotations

import math
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from dualad.data import DataLoader, DigitImages, TensorDataset

from ._command import Problem
from ._mnist_progress import Progress

TEST_BATCH = 500


# Mean and standard deviation of the training pixels, on a scale from 0 to 1.
PIXELS = {"mnist": (0.1307, 0.3081), "digits": (0.3058, 0.3766)}


@dataclass
class Images:
    """Images as a model reads them, float32 (n, 1, height, width), standardised; and their labels, int64."""

    images: np.ndarray
    labels: np.ndarray

    @classmethod
    def training(cls, digits: DigitImages, limit: int | None = None) -> Images:
        """The training part, or the first `limit` images of it."""
        return cls._prepare(digits, digits.train_images[:limit], digits.train_labels[:limit])

    @classmethod
    def test(cls, digits: DigitImages) -> Images:
        """The test part."""
        return cls._prepare(digits, digits.test_images, digits.test_labels)

    @classmethod
    def _prepare(cls, digits: DigitImages, images: np.ndarray, labels: np.ndarray) -> Images:
        mean, deviation = PIXELS[digits.name]
        pixels = images[:, None].astype(np.float32)
        pixels /= np.float32(digits.pixel_max)
        pixels -= np.float32(mean)
        pixels /= np.float32(deviation)
        return cls(pixels, labels.astype(np.int64))

    def batches(self, size: int, seed: int | None = None) -> DataLoader:
        """Batches in their own order, or in a new random one at every pass."""
        dataset = TensorDataset(self.images, self.labels)
        return DataLoader(dataset, batch_size=size, shuffle=seed is not None, generator=seed)


@dataclass
class History:
    """What happened in training: a loss for each step, three numbers for each whole epoch."""

    losses: list[float] = field(default_factory=list)
    epoch_losses: list[float] = field(default_factory=list)
    train_accuracy: list[float] = field(default_factory=list)
    test_accuracy: list[float] = field(default_factory=list)
    interrupted: bool = False


class Stop:
    """Set by Ctrl-C; the loop looks at it between two steps, so that weights are never half updated."""

    asked = False

    def ask(self, *_: Any) -> None:
        """The signal's handler."""
        self.asked = True


@contextmanager
def stop_on_interrupt() -> Iterator[Stop]:
    """Ctrl-C sets a flag in this block, instead of raising wherever the program happens to be."""
    stop = Stop()
    if threading.current_thread() is not threading.main_thread():  # where signals cannot be handled
        yield stop
        return
    before = signal.signal(signal.SIGINT, stop.ask)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)


@dataclass
class Training:
    """All that one training needs; `run` trains `model` in place.

    The learning rate falls from the optimiser's own to 0 on a straight line.
    """

    torch: Any
    model: Any
    optimizer: Any
    data: Images
    test: Images
    epochs: int
    batch_size: int
    seed: int
    say: Callable[[str], None] = print
    stop: Stop = field(default_factory=Stop)
    history: History = field(default_factory=History)

    def run(self) -> History:
        """Every epoch; fewer when asked to stop."""
        batches = self.data.batches(self.batch_size, self.seed)
        self._first_rate = self.optimizer.param_groups[0]["lr"]
        self._steps = self.epochs * len(batches)
        with np.errstate(over="ignore", invalid="ignore"):  # a loss that is not finite says it better
            for number in range(1, self.epochs + 1):
                self._epoch(f"epoch {number}/{self.epochs}", batches)
                if self.stop.asked:
                    self.history.interrupted = True
                    break
        return self.history

    def _epoch(self, label: str, batches: DataLoader) -> None:
        started = time.perf_counter()
        history = self.history
        loss, accuracy = self._pass(label, batches)
        if self.stop.asked:
            return
        test_accuracy, _ = evaluate(self.torch, self.model, self.test, self.stop)
        if self.stop.asked:
            return
        history.epoch_losses.append(loss)
        history.train_accuracy.append(accuracy)
        history.test_accuracy.append(test_accuracy)
        self.say(
            f"{label}  loss {loss:.5f}  accuracy {accuracy:.2%}  test {test_accuracy:.2%}"
            f"  {time.perf_counter() - started:.1f} s"
        )

    def _pass(self, label: str, batches: DataLoader) -> tuple[float, float]:
        """One pass over the images: the mean loss and the accuracy on the way."""
        self.model.train()
        seen, hits, total = 0, 0, 0.0
        with Progress(label, len(batches), self.say) as progress:
            for images, labels in batches:
                self._set_rate()
                loss, correct = self._step(images, labels)
                self._record(label, loss)
                seen, hits, total = seen + len(labels), hits + correct, total + loss * len(labels)
                progress.step(total / seen, hits / seen)
                if self.stop.asked:
                    break
        return total / seen, hits / seen

    def _step(self, images: np.ndarray, labels: np.ndarray) -> tuple[float, int]:
        """One step: the loss before it, and how many images were read right."""
        torch = self.torch
        logits = self.model(torch.tensor(images))
        loss = torch.nn.functional.cross_entropy(logits, torch.tensor(labels))
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return loss.item(), int((logits.detach().numpy().argmax(1) == labels).sum())

    def _set_rate(self) -> None:
        rate = self._first_rate * (1 - len(self.history.losses) / self._steps)
        for group in self.optimizer.param_groups:
            group["lr"] = rate

    def _record(self, label: str, loss: float) -> None:
        self.history.losses.append(loss)
        if not math.isfinite(loss):
            step = len(self.history.losses)
            raise Problem(f"the loss is {loss} in {label}, step {step}: training diverged; lower --lr")


def evaluate(torch: Any, model: Any, test: Images, stop: Stop | None = None) -> tuple[float, np.ndarray]:
    """The accuracy, and the probability of each class for each image (of fewer, when asked to stop)."""
    model.eval()
    found = [np.zeros((0, 10), np.float32)]
    with torch.no_grad():
        for images, _ in test.batches(TEST_BATCH):
            if stop is not None and stop.asked:
                break
            found.append(torch.nn.functional.softmax(model(torch.tensor(images)), 1).numpy())
    probabilities = np.concatenate(found)
    hits = probabilities.argmax(1) == test.labels[: len(probabilities)]
    return float(hits.mean()) if len(hits) else math.nan, probabilities
