"""`python -m dualad.testing [NAME ...]`: the rows of the matrix; exit status 1 where a check fails."""

from __future__ import annotations

import argparse
import importlib
import os
import sys

from .. import numpy as _numpy  # noqa: F401  (fills the registry)
from ..core.primitive import REGISTRY
from .report import page, rows


def main(argv=None) -> int:
    parser = argparse.ArgumentParser(prog="python -m dualad.testing", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="primitives; all where none is named")
    parser.add_argument("--page", metavar="FILE", help="write the matrix as a Markdown page instead")
    parser.add_argument(
        "--import",
        dest="modules",
        metavar="MODULE",
        action="append",
        default=[],
        help="a module of yours that defines primitives",
    )
    options = parser.parse_args(argv)
    sys.path.insert(0, os.getcwd())
    for module in options.modules:
        importlib.import_module(module)
    unknown = [n for n in options.names if n not in REGISTRY]
    if unknown:
        parser.error(f"no primitive named {', '.join(unknown)}; there are {', '.join(sorted(REGISTRY))}")
    chosen = [REGISTRY[n] for n in options.names or sorted(REGISTRY)]
    if options.page:
        text = page(chosen)
        with open(options.page, "w", encoding="utf-8") as file:
            file.write(text)
        return 1 if "FAILED" in text else 0
    return 0 if rows(chosen) else 1


if __name__ == "__main__":
    sys.exit(main())
