"""What can be wrong with data on disk or on the way here."""

from __future__ import annotations


class DataError(ValueError):
    """A data file is missing from a named folder, truncated or corrupt. The message names file and remedy."""


class DataUnavailable(OSError):
    """No source could be reached. The message names every address tried, its reason, and the remedy.

    Attributes
    ----------
    reasons : tuple of str
        ``"address: reason"`` for every address tried.
    """

    def __init__(self, message: str, reasons: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.reasons = reasons
