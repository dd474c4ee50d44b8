"""Whether a plain NumPy generator is drawing with a traced parameter: its methods are compiled, and ask for the value.

No frame of theirs is seen. The line of the user's that is running tells: it names a generator, or one of its methods.
"""

from __future__ import annotations

import dis
import sys
from types import FrameType

from ..core.errors import MissingRule, at_user_line

# Names of methods that mean nothing else.
METHODS = frozenset(
    """
    binomial chisquare dirichlet exponential geometric gumbel hypergeometric integers laplace logistic lognormal
    logseries multinomial multivariate_normal negative_binomial noncentral_chisquare noncentral_f normal pareto
    permutation permuted poisson rayleigh standard_gamma standard_t triangular uniform vonmises wald weibull zipf
    """.split()
)


def drawing() -> str:
    """What to write instead, if the running line of the user's draws from a NumPy generator; else empty."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and (frame.f_globals.get("__name__") or "").startswith("dualad."):
        frame = frame.f_back
    if frame is None or not _draws(frame):
        return ""
    return (
        "A NumPy generator draws with plain numbers alone. Draw from rng = dualad.random.default_rng(seed), or from "
        "dualad.random.Generator(rng): the same numbers, differentiable in their parameters. Else: "
    )


def refuse_shuffle(frame) -> None:
    """Raise if NumPy's `shuffle`, which asks for the length first, is about to swap rows, views of one array."""
    if (
        "shuffle" in frame.f_code.co_names
        and "shuffle" in (names := _names_of_line(frame))
        and "len" not in names
    ):
        raise MissingRule(
            f"shuffle of a NumPy generator would fill a traced array with copies of some rows{at_user_line()}. Write "
            "dualad.random.Generator(rng).shuffle(x), or x = x[rng.permutation(len(x))]"
        )


def _draws(frame) -> bool:
    names = _names_of_line(frame)
    if METHODS & names or ("random" in names and ({"np", "numpy"} & names)):
        return True
    random = sys.modules.get("numpy.random")
    if random is None:  # nobody has a generator
        return False
    kinds = (random.Generator, random.RandomState)
    return any(isinstance(frame.f_locals.get(n, frame.f_globals.get(n)), kinds) for n in names)


def _names_of_line(frame) -> set:
    """The variables and attributes that are loaded on the line that runs."""
    return {
        i.argval
        for i in dis.get_instructions(frame.f_code)
        if i.positions
        and i.positions.lineno == frame.f_lineno
        and i.opname.startswith("LOAD_")
        and type(i.argval) is str
    }
