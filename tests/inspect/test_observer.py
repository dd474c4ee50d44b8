"""The observer sees outermost operations and pulls of its own thread, and leaves no trace of itself."""

import sys
import threading

import numpy as np
import pytest

import dualad
from dualad.core.primitive import REGISTRY
from dualad.core.reverse import ReverseTrace
from dualad.inspect.observer import Listener, observer

X = np.linspace(0.1, 1, 4)


class Seen(Listener):
    def __init__(self):
        self.names, self.pulls, self.operations = [], [], []

    def applied(self, operation):
        self.names.append(operation.name)
        self.operations.append(operation)

    def pulled(self, pull):
        self.pulls.append(pull.name)

    def __enter__(self):
        observer().add(self)
        return self

    def __exit__(self, *_):
        observer().remove(self)


def test_names_arguments_and_lines():
    def f(x):
        return np.sum(np.sin(x) @ np.ones((4, 2)))

    with Seen() as seen:
        dualad.grad(f)(X)
    assert seen.names == ["sin", "matmul", "sum"]
    assert seen.pulls == ["sum", "matmul", "sin", "leaf"]
    assert {o.line.number for o in seen.operations} == {f.__code__.co_firstlineno + 1}
    assert [name for name, _ in seen.operations[1].arguments] == ["a", "b"]


@pytest.mark.parametrize("name", "logsumexp einsum concatenate eigh interp where gather tensordot".split())
def test_families_on_other_roads(name):
    calls = {
        "logsumexp": lambda x: dualad.numpy.logaddexp(x, 0).sum() + REGISTRY["logsumexp"].face(x),
        "einsum": lambda x: np.einsum("i,i->", x, x),
        "concatenate": lambda x: np.concatenate([x, x]).sum(),
        "eigh": lambda x: np.linalg.eigh(np.diag(np.arange(4.0)) + np.outer(x, x))[0].sum(),
        "interp": lambda x: np.interp(x, np.arange(3.0), np.arange(3.0) ** 2).sum(),
        "where": lambda x: np.where(x > 0.5, x, 0).sum(),
        "gather": lambda x: x[np.array([0, 0, 1])].sum(),
        "tensordot": lambda x: np.tensordot(x, x, 1),
    }
    with Seen() as seen:
        dualad.grad(calls[name])(X)
    assert name in seen.names
    assert name in seen.pulls


def test_every_line_of_the_tape_is_known():
    """Ids tell which operation made a node, for nodes of inner sweeps too."""
    with Seen():
        watch = observer()
        trace = ReverseTrace("vjp")
        x = trace.leaf(X)
        y = np.sin(x)
        z = dualad.grad(lambda t: np.sum(t * t * y))(y)
        name, line = watch.made_by(y.aux)
        assert name == "sin"
        assert line.text == "y = np.sin(x)"
        assert watch.line_of(z.aux).text == "z = dualad.grad(lambda t: np.sum(t * t * y))(y)"
        assert watch.made_by(x.aux) is None
        assert not watch.line_of(x.aux)


def test_other_threads_are_not_watched():
    with Seen() as seen:
        thread = threading.Thread(target=lambda: dualad.grad(np.sum)(X))
        thread.start()
        thread.join()
    assert seen.names == []


def test_two_listeners():
    with Seen() as outer:
        dualad.grad(np.sum)(X)
        with Seen() as inner:
            dualad.grad(np.sum)(X)
        dualad.grad(np.sum)(X)
    assert (outer.names, inner.names) == (["sum"] * 3, ["sum"])
    assert sys.getprofile() is None


def test_another_profiler_is_not_disturbed():
    def other(*_):
        return None

    sys.setprofile(other)
    try:
        with pytest.raises(dualad.DualadError, match="another profiler is running"):
            dualad.debug_nans().__enter__()
        assert sys.getprofile() is other
    finally:
        sys.setprofile(None)


def test_errors_of_the_program_pass():
    with Seen() as seen, pytest.raises(ValueError, match=r"shapes|broadcast"):
        dualad.grad(lambda x: np.sum(x + np.ones(3)))(X)
    assert seen.names == []
    with Seen() as seen:
        dualad.grad(np.sum)(X)
    assert seen.names == ["sum"]
