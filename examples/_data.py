"""Where the examples find their data."""

from __future__ import annotations

from types import ModuleType

from ._command import Problem


def sklearn_datasets() -> ModuleType:
    """scikit-learn's bundled data sets."""
    try:
        from sklearn import datasets
    except ImportError:
        raise Problem("needs scikit-learn, which carries the data: pip install scikit-learn") from None
    return datasets
