"""The audit of a user's own function: `audit`, `checked`, and what they report."""

from .checked import UncheckedWarning as UncheckedWarning
from .checked import WrongDerivative as WrongDerivative
from .checked import checked as checked
from .report import AuditFailed as AuditFailed
from .report import Finding as Finding
from .report import Report as Report
from .verdict import Auditor as Auditor
from .verdict import audit as audit
