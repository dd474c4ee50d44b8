"""Every primitive, one family a file: evaluation, JVP and VJP stand together.

Importing this package fills the registry.
"""

import importlib
import pkgutil

for _module in sorted(m.name for m in pkgutil.iter_modules(__path__)):
    importlib.import_module(f"{__name__}.{_module}")
