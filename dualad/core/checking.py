"""The switch behind `dualad.checked()`: who watches the pullbacks of this context, if anybody.

The transforms ask once per pullback, not per operation. What is put here is made in `dualad.testing.audit`; this
file knows only that it is called with a trace and the variables of it, and gives a session with `inputs`,
`watching(f)`, `outputs(outs)`, `aux(tree)` and `check(seeds, cotangents)`.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any

CHECKER: ContextVar[Any] = ContextVar("dualad checker", default=None)
checker = CHECKER.get
