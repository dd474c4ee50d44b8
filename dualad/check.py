"""`python -m dualad.check module:function`: the audit of a function from the shell.

The exit status is 0 where the derivatives are right, 1 where they are not, 2 where the command cannot be carried out.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import inspect
import sys
from pathlib import Path
from typing import Any

import numpy as np

EPILOG = """\
Inputs, the first of these that is there:
  --args 'np.ones(3), 2.0'     a Python expression with np, dualad, rng and the names of the module
  --inputs module:callable     returns the tuple of arguments; without module, one of the function's
  --shape 3,4 --shape ""       normal random arrays of these shapes, one per argument; "" is a number
  function.check_args          an attribute of the function: the tuple of arguments, or a callable that returns it
  defaults of the parameters; `float` and `complex` among the annotations: a random number
"""


class Usage(Exception):
    """The command cannot be carried out."""


def main(argv=None) -> int:
    """Run the command; the exit status."""
    parser = _parser()
    options = parser.parse_args(argv)
    try:
        f, namespace = _find(options.function)
        args = _inputs(f, namespace, options)
    except Usage as error:
        print(f"dualad.check: error: {error}", file=sys.stderr)
        return 2
    from .core.errors import NotDifferentiable
    from .testing.audit import Auditor

    try:
        report = Auditor(seed=options.seed, rtol=options.tol)(f, *args)
    except NotDifferentiable as error:
        print(f"dualad.check: error: {error}", file=sys.stderr)
        return 2
    _show(report, options)
    return 0 if report.ok else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m dualad.check",
        description="Prove the derivatives of a function, or find the mistake.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "function", help="module:function, or path/to/file.py:function; dots reach into classes"
    )
    parser.add_argument("--args", metavar="EXPR", help="the arguments, as a Python expression")
    parser.add_argument(
        "--inputs", metavar="CALLABLE", help="module:callable that returns the tuple of arguments"
    )
    parser.add_argument(
        "--shape", action="append", metavar="N,M", help="of a random argument; once per argument"
    )
    parser.add_argument("--seed", type=int, default=0, help="of random arguments and directions")
    parser.add_argument("--tol", type=float, metavar="R", help="relative difference allowed to numbers")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    parser.add_argument("--html", metavar="FILE", help="write the report as a page")
    parser.add_argument("--quiet", action="store_true", help="print the verdict and the errors alone")
    return parser


def _show(report, options) -> None:
    from .testing.audit.text import show

    if options.html:
        Path(options.html).write_text(report.to_html(), encoding="utf-8")
    if options.json:
        print(report.to_json(indent=2))
    elif options.quiet:
        print(f"{report.function}: {'ok' if report.ok else 'wrong'}: {report.verdict}")
        for finding in report.errors:
            print(f"  {finding}")
    else:
        show(report)


def _find(name: str) -> tuple[Any, dict]:
    """The object that `module:attribute` names, and the names of its module."""
    where, colon, attribute = name.rpartition(":")
    if not colon or not where or not attribute:
        raise Usage(f"{name!r}: write module:function or path/to/file.py:function")
    module = _module(where)
    found: Any = module
    for part in attribute.split("."):
        try:
            found = getattr(found, part)
        except AttributeError:
            raise Usage(f"{where} has no {attribute!r}") from None
    if not callable(found):
        raise Usage(f"{name} is a {type(found).__name__}, and cannot be called")
    return found, vars(module)


def _module(where: str):
    """A module by its name, or by the path of its file; the current folder is searched first."""
    sys.path.insert(0, str(Path.cwd()))
    try:
        if not where.endswith(".py"):
            return importlib.import_module(where)
        path = Path(where)
        if not path.is_file():
            raise Usage(f"there is no file {where}")
        sys.path.insert(0, str(path.resolve().parent))
        spec = importlib.util.spec_from_file_location(path.stem, path)
        if spec is None or spec.loader is None:
            raise Usage(f"{where} cannot be imported")
        module = importlib.util.module_from_spec(spec)
        sys.modules[path.stem] = module
        spec.loader.exec_module(module)
        return module
    except Usage:
        raise
    except Exception as error:
        raise Usage(f"importing {where} failed: {type(error).__name__}: {error}") from error


def _inputs(f, namespace, options) -> tuple:
    rng = np.random.default_rng(options.seed)
    if options.args is not None:
        return _evaluated(options.args, namespace, rng)
    if options.inputs is not None:
        made = (
            options.inputs
            if ":" in options.inputs
            else f"{options.function.rpartition(':')[0]}:{options.inputs}"
        )
        return _tuple(_called(_find(made)[0], made))
    if options.shape is not None:
        return tuple(rng.normal(size=_shape(s)) for s in options.shape)
    given = getattr(f, "check_args", None)
    if given is not None:
        return _tuple(_called(given, "check_args") if callable(given) else given)
    return _by_signature(f, rng)


def _evaluated(expression, namespace, rng) -> tuple:
    import dualad

    try:
        found = eval(expression, {"np": np, "dualad": dualad, **namespace, "rng": rng})
    except Exception as error:
        raise Usage(f"--args {expression!r}: {type(error).__name__}: {error}") from error
    return _tuple(found)


def _called(make, name):
    try:
        return make()
    except Exception as error:
        raise Usage(f"{name}(): {type(error).__name__}: {error}") from error


def _tuple(found) -> tuple:
    return found if isinstance(found, tuple) else (found,)


def _shape(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(n) for n in text.replace("x", ",").split(",") if n.strip())
    except ValueError:
        raise Usage(f"--shape {text!r}: write the lengths with commas, 3,4") from None


def _by_signature(f, rng) -> tuple:
    """Defaults where there are some, random numbers where a number is announced."""
    args = []
    for p in inspect.signature(f).parameters.values():
        if p.kind in (p.VAR_POSITIONAL, p.KEYWORD_ONLY, p.VAR_KEYWORD):
            continue
        if p.default is not p.empty:
            args.append(p.default)
        elif p.annotation in (float, "float"):
            args.append(float(rng.normal()))
        elif p.annotation in (complex, "complex"):
            args.append(complex(rng.normal(), rng.normal()))
        else:
            raise Usage(
                f"nothing says what {p.name!r} is: give --args, --inputs or --shape, or the function an attribute "
                "check_args"
            )
    return tuple(args)


if __name__ == "__main__":
    sys.exit(main())
