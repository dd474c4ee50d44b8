"""What a check says: passed, failed or not applicable, how large the worst error was, and where."""

from __future__ import annotations

from typing import NamedTuple

PASSED, FAILED, NOT_APPLICABLE = "passed", "FAILED", "n/a"


class Result(NamedTuple):
    """The outcome of one check of one primitive.

    Attributes
    ----------
    check : "C0" … "C12"
    status : "passed", "FAILED" or "n/a"
    error : the worst error relative to its tolerance's measure; 0.0 where a check is exact
    where : the call at which it was worst, or failed
    reason : why it does not apply, or what was wrong
    """

    check: str
    status: str
    error: float = 0.0
    where: str = ""
    reason: str = ""

    @property
    def ok(self) -> bool:
        return self.status != FAILED

    def __str__(self):
        text = f"{self.check} {self.status}"
        if self.status != NOT_APPLICABLE:
            text += f" (worst error {self.error:.1e})"
        return (
            text + (f": {self.reason}" if self.reason else "") + (f", at {self.where}" if self.where else "")
        )


class Wrong(Exception):
    """Raised inside a check: the primitive fails it."""

    def __init__(self, reason, where="", error=float("inf")):
        super().__init__(reason)
        self.reason, self.where, self.error = reason, where, error


class NotApplicable(Exception):
    """Raised inside a check: it says nothing of this primitive, for a reason."""


class Worst:
    """The largest error met so far, and where."""

    def __init__(self):
        self.error, self.where = 0.0, ""

    def meet(self, error, tolerance, where, reason):
        """Note an error; raise `Wrong` where it is beyond its tolerance, or NaN."""
        if not error <= tolerance:
            raise Wrong(f"{reason}: {error:.1e}, allowed {tolerance:.0e}", str(where), float(error))
        if error >= self.error:
            self.error, self.where = float(error), str(where)
