"""The suite of the array API standard, run on `dualad.numpy` and on array-api-compat's NumPy, and compared.

    git clone --recurse-submodules https://github.com/data-apis/array-api-tests
    pip install array-api-compat -r array-api-tests/requirements.txt
    python -m dualad.testing.standard array-api-tests

What fails for `dualad.numpy` is to fail for the other too: then NumPy deviates from the standard, or the suite does. It
draws random arguments, some of its tests a single one; where a test fails for `dualad.numpy` alone, the other is tried
again, up to twenty times. The exit status is 1 where it passes each time.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

OURS, REFERENCE = "dualad.numpy", "array_api_compat.numpy"
TRIES = 20


@dataclass
class Outcome:
    """What a run of the suite found: the names of tests, by how they ended."""

    module: str
    passed: set[str]
    failed: set[str]
    skipped: set[str]

    def __str__(self):
        return f"{self.module}: {len(self.passed)} passed, {len(self.failed)} failed, {len(self.skipped)} skipped"


def run(
    clone: Path, module: str, *, version: str, examples: int, files: tuple[str, ...] = ("array_api_tests",)
) -> Outcome:
    """Run the suite of the folder `clone` on a module.

    Parameters
    ----------
    clone : Path
        A checkout of data-apis/array-api-tests, its submodule included.
    module : str
        The namespace to test, as it is imported.
    version : str
        The version of the standard.
    examples : int
        How many arguments a test tries.
    files : tuple of str, optional
        What of the suite to run, relative to `clone`.

    Raises
    ------
    RuntimeError
        Where pytest itself did not come to an end.
    """
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [sys.executable, "-m", "pytest", *files, "-q", "-p", "no:cacheprovider"]
        command += [f"--junitxml={report}", f"--max-examples={examples}", "--disable-deadline"]
        done = subprocess.run(
            command, cwd=clone, env=environment(module, version), capture_output=True, text=True, check=False
        )
        if done.returncode not in (0, 1) or not report.exists():
            raise RuntimeError(
                f"the suite did not run on {module}:\n{done.stdout[-3000:]}{done.stderr[-3000:]}"
            )
        return read(report, module)


def environment(module: str, version: str) -> dict[str, str]:
    """The suite's settings, and a path on which this dualad is found."""
    root = str(Path(__file__).parents[2])
    path = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH", ""))))
    settings = {"ARRAY_API_TESTS_MODULE": module, "ARRAY_API_TESTS_VERSION": version, "PYTHONPATH": path}
    return {**os.environ, **settings}


def read(report: Path, module: str) -> Outcome:
    """pytest's own report, in JUnit's format."""
    outcome = Outcome(module, set(), set(), set())
    for case in ElementTree.parse(report).iter("testcase"):
        name = f"{case.get('classname')}::{case.get('name')}"
        tags = {child.tag for child in case}
        kind = "failed" if tags & {"failure", "error"} else "skipped" if "skipped" in tags else "passed"
        getattr(outcome, kind).add(name)
    return outcome


def files_of(names: set[str]) -> tuple[str, ...]:
    """The files of tests named `folder.file.Class::test`, the class left out where there is none."""
    return tuple(sorted({"/".join(name.split("::")[0].split(".")[:2]) + ".py" for name in names}))


def compare(
    clone: Path, ours: str, reference: str, *, version: str, examples: int
) -> tuple[list[str], list[str]]:
    """Run both, print what they found, and return the tests that fail for the one alone and for the other alone."""
    found = [run(clone, module, version=version, examples=examples) for module in (ours, reference)]
    for outcome in found:
        print(outcome)
    mine, other = (outcome.failed for outcome in found)
    if mine - other:
        print(f"{len(mine - other)} fail for {ours} alone; the reference is tried again")
    for _ in range(TRIES):
        if mine <= other:
            break
        files = files_of(mine - other)
        other = other | run(clone, reference, version=version, examples=examples, files=files).failed
    for title, names in (
        (f"fail for both {ours} and {reference}", mine & other),
        (f"fail for {reference} alone", other - mine),
        (f"fail for {ours} alone", mine - other),
    ):
        print(f"\n{len(names)} {title}", *sorted(names), sep="\n  ")
    return sorted(mine - other), sorted(other - mine)


def main(argv=None) -> int:
    parser = argparse.ArgumentParser(prog="python -m dualad.testing.standard", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument(
        "clone",
        nargs="?",
        default=os.environ.get("ARRAY_API_TESTS"),
        help="a checkout of data-apis/array-api-tests; the environment variable ARRAY_API_TESTS otherwise",
    )
    parser.add_argument("--version", default="2024.12", help="of the standard")
    parser.add_argument("--max-examples", type=int, default=50, help="arguments that a test tries")
    parser.add_argument("--module", default=OURS, help=argparse.SUPPRESS)
    parser.add_argument("--reference", default=REFERENCE, help="what is compared with")
    options = parser.parse_args(argv)
    if not options.clone or not (Path(options.clone) / "array_api_tests").is_dir():
        parser.error("name a checkout of data-apis/array-api-tests, or set ARRAY_API_TESTS to it")
    alone, _ = compare(
        Path(options.clone),
        options.module,
        options.reference,
        version=options.version,
        examples=options.max_examples,
    )
    return 1 if alone else 0


if __name__ == "__main__":
    sys.exit(main())
