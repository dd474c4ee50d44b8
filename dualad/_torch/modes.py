"""Grad mode: whether the ambient tape records. Functional transforms are not its business.

It lives in a context variable, so that threads and tasks have one each. It is True or False; or, inside
`dualad.checked()`, a watcher, which is false like False but says by `seen(v)` what an operation gets of a value: then
the tape records, and the watcher looks on. A hot path asks for the truth alone.
"""

from __future__ import annotations

import functools
import inspect
from contextvars import ContextVar
from typing import Any

_mode: ContextVar[Any] = ContextVar("dualad grad mode", default=True)

# What grad mode is when it is on: True, or the watcher.
_on: ContextVar[Any] = ContextVar("dualad grad mode when on", default=True)

is_recording = _mode.get


def is_grad_enabled() -> bool:
    """Whether operations on tensors that require grad are recorded here and now."""
    return is_recording() is not False


def watcher() -> Any:
    """Who watches the tensors of this context, or None."""
    on = _on.get()
    return None if on is True else on


def watch(who: Any) -> None:
    """Let `who` watch the tensors of this context; None ends it."""
    _on.set(True if who is None else who)
    if is_grad_enabled():
        _mode.set(_on.get())


class _Mode:
    """A context manager that can be used again and again, and a decorator of functions and generators."""

    __slots__ = ("_before", "_to")

    def __init__(self, to: bool):
        self._to = to
        self._before: list[bool] = []

    def __enter__(self):
        self._before.append(is_recording())
        _mode.set(self._to and _on.get())

    def __exit__(self, *_):
        _mode.set(self._before.pop())

    def __call__(self, f):
        if inspect.isgeneratorfunction(f):
            return self._each_step(f)

        @functools.wraps(f)
        def under_mode(*args, **kwargs):
            with self._fresh():
                return f(*args, **kwargs)

        return under_mode

    def _fresh(self):
        """A manager of its own for each call, so that threads do not share one."""
        return _Mode(self._to)

    def _each_step(self, f):
        @functools.wraps(f)
        def steps(*args, **kwargs):
            generator = f(*args, **kwargs)
            try:
                with self._fresh():
                    item = next(generator)
                while True:
                    try:
                        sent = yield item
                    except GeneratorExit:
                        raise
                    except BaseException as error:
                        with self._fresh():
                            item = generator.throw(error)
                    else:
                        with self._fresh():
                            item = generator.send(sent)
            except StopIteration as stop:
                return stop.value
            finally:
                generator.close()

        return steps


class no_grad(_Mode):
    """Switch the tape off: `with no_grad():`, or as a decorator `@no_grad()` (or plain `@no_grad`)."""

    __slots__ = ()

    def __new__(cls, f=None):
        return super().__new__(cls) if f is None else cls()(f)

    def __init__(self, f=None):
        super().__init__(False)


def inference_mode(mode=True):
    """`no_grad` under another name of PyTorch's; with `mode=False` it changes nothing."""
    if callable(mode):
        return no_grad(mode)
    return no_grad() if mode else _Mode(is_recording())


class enable_grad(_Mode):
    """Switch the tape on again inside `no_grad`."""

    __slots__ = ()

    def __new__(cls, f=None):
        return super().__new__(cls) if f is None else cls()(f)

    def __init__(self, f=None):
        super().__init__(True)


class set_grad_enabled(_Mode):
    """Set grad mode at once; as a context manager, until the block ends."""

    __slots__ = ()

    def __init__(self, mode: bool):
        super().__init__(bool(mode))
        self._before.append(is_recording())
        _mode.set(self._to and _on.get())

    def __enter__(self):
        if not self._before:
            super().__enter__()
        _mode.set(self._to and _on.get())

    def __call__(self, f):
        _mode.set(self._before.pop())
        return super().__call__(f)
