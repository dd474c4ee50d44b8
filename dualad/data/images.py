"""Images of handwritten digits with their labels: what both data sets of the examples are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class DigitImages:
    """Images of the digits 0 to 9, in a training and a test part.

    Attributes
    ----------
    train_images, test_images : ndarray of uint8, shape (n, height, width)
        Pixels from 0 (background) to `pixel_max` (ink).
    train_labels, test_labels : ndarray of uint8, shape (n,)
        The digits.
    source : str
        Where they came from: a folder, or the name of the package that carries them.
    name : str
        ``"mnist"`` or ``"digits"``.
    pixel_max : int
        255 for MNIST, 16 for scikit-learn's digits.
    note : str
        One line for people: which data set this is, and why.
    """

    train_images: np.ndarray
    train_labels: np.ndarray
    test_images: np.ndarray
    test_labels: np.ndarray
    source: str
    name: str
    pixel_max: int
    note: str = ""
