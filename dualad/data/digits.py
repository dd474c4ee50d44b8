"""Handwritten digits without a network, and the choice between them and MNIST."""

from __future__ import annotations

import os
from dataclasses import replace

import numpy as np

from dualad.data.errors import DataUnavailable
from dualad.data.images import DigitImages
from dualad.data.mnist import load_mnist


def load_digits() -> DigitImages:
    """The 1,797 digits of 8 by 8 pixels that scikit-learn carries, split into 1,438 and 359.

    The split is stratified (each digit has the same share in both parts) and always the same.

    Returns
    -------
    DigitImages
        Images of uint8 from 0 to 16.

    Raises
    ------
    ImportError
        scikit-learn is not installed.
    """
    try:
        from sklearn import datasets
    except ImportError as error:
        raise ImportError(
            "load_digits needs scikit-learn, which carries the images: pip install scikit-learn "
            "(or 'dualad[examples]')"
        ) from error
    data = datasets.load_digits()
    images = data.images.astype(np.uint8)
    labels = data.target.astype(np.uint8)
    train, test = _stratified_split(labels)
    return DigitImages(
        images[train],
        labels[train],
        images[test],
        labels[test],
        source="scikit-learn",
        name="digits",
        pixel_max=16,
        note=f"scikit-learn's digits, {len(train):,} training and {len(test)} test images of 8x8 pixels",
    )


def _stratified_split(labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Indices of the training and test parts: of each class, one fifth at random goes to the test part."""
    # The legacy RandomState, because NumPy promises that its streams never change.
    random = np.random.RandomState(0)
    test = np.zeros(len(labels), dtype=bool)
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        test[random.permutation(members)[: round(len(members) / 5)]] = True
    return np.flatnonzero(~test), np.flatnonzero(test)


def load_digit_images(where: str | os.PathLike[str] | None = None) -> DigitImages:
    """MNIST where it can be had, else scikit-learn's digits; `note` says which, and why.

    Parameters
    ----------
    where
        ``"digits"`` for scikit-learn's digits; a folder with MNIST's files; or None: MNIST from wherever
        `load_mnist` finds it, and the digits if it is nowhere and there is no network.

    Raises
    ------
    DataError
        A named folder lacks files, or holds corrupt ones. That is an error, not a reason for other data.
    ImportError
        The digits are needed, and scikit-learn is not installed.
    """
    if where == "digits":
        return load_digits()
    try:
        return load_mnist(where)
    except DataUnavailable as error:
        digits = load_digits()
        reasons = "; ".join(error.reasons)
        return replace(digits, note=f"{digits.note}, because MNIST could not be downloaded ({reasons})")
