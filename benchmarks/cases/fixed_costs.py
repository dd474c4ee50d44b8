"""What is paid once: importing, calling `grad`, going through NumPy's protocol.

The gauges here take processor time, whatever clock the others are measured by.
"""

from __future__ import annotations

import functools
import os
import subprocess
import sys
import tempfile
import time

import numpy as np

import dualad
from dualad.core.reverse import ReverseTrace

from ..case import case
from ..peers import load


@case("grad.fixed", limit=6)
def grad_of_nothing(tiny):
    """`grad` of the identity at one number: opening a trace, one leaf, the sweep, closing it."""
    x = np.array(1.5)
    g = dualad.grad(lambda v: v)

    def torch():
        torch = load("torch")
        leaf = torch.tensor(1.5, dtype=torch.float64, requires_grad=True)

        def run():
            leaf.grad = None
            leaf.backward()
            return leaf.grad

        return run

    def autograd():
        h = load("autograd").grad(lambda v: v)
        return lambda: h(1.5)

    def jax():
        h, v = load("jax").jit(load("jax").grad(lambda v: v)), load("jax.numpy").asarray(1.5)
        return lambda: h(v).block_until_ready()

    return {"dualad": lambda: lambda: g(x), "torch": torch, "autograd": autograd, "jax": jax}


@case("jvp.fixed")
def jvp_of_nothing(tiny):
    """`jvp` of the identity at one number."""
    x = np.array(1.5)
    return {"dualad": lambda: lambda: dualad.jvp(lambda v: v, (x,), (x,))}


@case("np-names", gauge=True, limit=0.5)
def protocol(tiny):
    """What `np.sin(x)` on a traced array costs beyond the primitive's own `sin(x)`, per call."""
    from dualad.ops.elementary import sin

    x = ReverseTrace().leaf(np.ones(10))
    calls = range(10 if tiny else 4000)

    def seconds(f):
        start = time.process_time()
        for _ in calls:
            f(x)
        return time.process_time() - start

    def run():
        return (seconds(np.sin) - seconds(sin)) / len(calls) * 1e6

    return {"dualad": lambda: run}


CLOCK = "import time; start = time.process_time(); {}; print(time.process_time() - start)"


@functools.cache
def _bytecode_folder():
    """Byte code is kept here, dualad's as its peers', whatever the environment says about writing it."""
    return tempfile.TemporaryDirectory(prefix="bytecode")


def _python(code) -> str:
    """What a fresh interpreter with our paths prints."""
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    env["PYTHONPATH"] = os.pathsep.join([os.getcwd(), *filter(None, sys.path)])
    env["PYTHONPYCACHEPREFIX"] = _bytecode_folder().name
    return subprocess.run(
        [sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True
    ).stdout


def _importing(*modules):
    """A gauge: milliseconds to import these, inside a fresh interpreter, after its own start."""
    code = CLOCK.format("import " + ", ".join(modules))
    _python(code)  # writes the byte code
    return lambda: 1e3 * float(_python(code))


def scipy_parts() -> list[str]:
    """The subpackages of SciPy that `import dualad` brings along."""
    found = _python("import sys, dualad; print(*(m for m in sys.modules if m.startswith('scipy.')))").split()
    return sorted(m for m in found if m.count(".") == 1 and not m.split(".")[1].startswith("_"))


@case("import", unit="ms", targets={"numpy-scipy": 1.3}, gauge=True)
def importing(tiny):
    """`import dualad` in a fresh interpreter, against NumPy with those parts of SciPy that it loads."""
    contestants = {
        "dualad": lambda: _importing("dualad"),
        "numpy-scipy": lambda: _importing("numpy", *scipy_parts()),
        "numpy": lambda: _importing("numpy"),
    }
    if not tiny:
        contestants.update(
            {name: functools.partial(_importing, name) for name in ("torch", "jax")},
            autograd=lambda: _importing("autograd", "autograd.numpy"),
        )
    return contestants
