"""The pytest plugin `dualad`: `@pytest.mark.gradcheck` and the fixture `gradcheck`.

    @pytest.mark.gradcheck(np.ones(3))
    def test_energy():
        return energy                       # the function whose derivatives are proved at np.ones(3)

    def test_many(gradcheck):
        gradcheck(energy, np.ones(3))       # returns the report

pytest loads it because dualad is installed. It stands beside the package, not in it: until a test asks for a check,
nothing of dualad is imported. `pytest -p no:dualad` leaves it out.
"""

from __future__ import annotations

import functools
import inspect

import pytest

OPTIONS = {"digits", "seed", "rtol"}


def pytest_configure(config):
    """Announce the mark."""
    config.addinivalue_line(
        "markers",
        "gradcheck(*args, digits=None, seed=0, rtol=None): prove the derivatives of the function that the test returns "
        "at args; or of (function, *args), or of each of a list of such.",
    )


@pytest.fixture
def gradcheck():
    """`gradcheck(f, *args, digits=None, seed=0, rtol=None)` fails the test where a derivative is wrong, and returns
    the report of `dualad.audit` where it is right."""
    return _gradcheck


def _gradcheck(f, /, *args, digits=None, seed=0, rtol=None):
    from dualad.testing.audit import Auditor

    report = Auditor(seed=seed, rtol=rtol)(f, *args)
    if not report.ok:
        pytest.fail(str(report), pytrace=False)
    if digits is not None and not report.digits >= digits:
        pytest.fail(f"{report.digits:.1f} digits, {digits} wanted\n{report}", pytrace=False)
    return report


@pytest.hookimpl(hookwrapper=True)
def pytest_pyfunc_call(pyfuncitem):
    """Check what a marked test returns, in place of pytest's complaint that it returns something."""
    mark = pyfuncitem.get_closest_marker("gradcheck")
    if mark is not None and not inspect.iscoroutinefunction(pyfuncitem.obj):
        pyfuncitem.obj = _checking(pyfuncitem.obj, mark)
    yield


def _checking(test, mark):
    options = {name: value for name, value in mark.kwargs.items() if name in OPTIONS}
    unknown = set(mark.kwargs) - OPTIONS
    if unknown:
        pytest.fail(f"gradcheck: unknown options {', '.join(sorted(unknown))}", pytrace=False)

    @functools.wraps(test)
    def checked_test(*args, **kwargs):
        for f, given in _subjects(test(*args, **kwargs), mark.args):
            _gradcheck(f, *given, **options)

    return checked_test


def _subjects(found, given):
    """`(function, args)` pairs of what a test has returned."""
    if callable(found):
        return [(found, given)]
    if isinstance(found, tuple) and found and callable(found[0]):
        return [(found[0], found[1:] or given)]
    if isinstance(found, list) and found:
        return [pair for item in found for pair in _subjects(item, given)]
    pytest.fail(
        f"gradcheck: the test returned {found!r}; return a function, a tuple (function, *args), or a list of these",
        pytrace=False,
    )
    return []
