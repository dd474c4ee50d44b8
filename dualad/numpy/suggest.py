"""The nearest supported spelling, for error messages."""

from __future__ import annotations


def nearest(name: str, known) -> str:
    """` Did you mean …?` or an empty string."""
    import difflib  # only a message needs it

    close = difflib.get_close_matches(name, list(known), n=2, cutoff=0.7)
    return f" Did you mean {' or '.join(close)}?" if close else ""
