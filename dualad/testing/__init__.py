"""The cross-check suite as a public tool.

Of your own function: `check_grads`, and its parts `check_jvp`, `check_vjp`, `check_duality`. Of the
primitives: `run_check`, `run_checks`, and the same on the command line, `python -m dualad.testing NAME`. The
witnesses by themselves: `richardson` and `complex_step`, each with an estimate of its own error. `dualad.audit` and
`dualad.checked` are made in `audit`; their options and errors are here: `Auditor`, `AuditFailed`, `WrongDerivative`.
"""

from ..ops import load_all as _load_all
from ..transforms.differences import central as central
from ..transforms.differences import complex_step as complex_step
from ..transforms.differences import richardson as richardson
from .audit import AuditFailed as AuditFailed
from .audit import Auditor as Auditor
from .audit import UncheckedWarning as UncheckedWarning
from .audit import WrongDerivative as WrongDerivative
from .checks import CHECKS as CHECKS
from .checks import run_check as run_check
from .checks import run_checks as run_checks
from .gradcheck import DerivativeMismatch as DerivativeMismatch
from .gradcheck import Inconclusive as Inconclusive
from .gradcheck import check_duality as check_duality
from .gradcheck import check_grads as check_grads
from .gradcheck import check_jvp as check_jvp
from .gradcheck import check_vjp as check_vjp
from .results import Result as Result

_load_all()  # the registry is to be whole here
