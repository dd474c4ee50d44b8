"""The table `calls.txt`, read: one case for each line and kind of array; and the elementwise functions by name."""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

REAL = "fgpowS"  # kinds that are differentiated


@dataclass(frozen=True)
class Call:
    kind: str
    shapes: tuple
    text: str

    def __str__(self):
        return f"{self.kind} {','.join(''.join(map(str, s)) or '-' for s in self.shapes)} {self.text}"

    def arrays(self):
        rng = np.random.default_rng(len(self.text))
        return [array(self.kind, shape, rng) for shape in self.shapes]

    def __call__(self, xp, *arrays):
        names = {"xp": xp, "stored": stored(xp), "in_place": in_place(xp), **dict(zip("xyz", arrays))}
        return eval(self.text, names)

    def names(self):
        return set(re.findall(r"\bxp\.((?:linalg\.|fft\.)?\w+)", self.text))


def stored(xp):
    """A copy of x after `x[index] = value`."""

    def store(x, index, value):
        copy = xp.asarray(x, copy=True)
        copy[index] = value
        return copy

    return store


def in_place(xp):
    """A copy of x after an operator that changes it."""

    def operate(x, name, value):
        copy = xp.asarray(x, copy=True)
        return getattr(copy, f"__{name}__")(value)

    return operate


def array(kind, shape, rng):
    x = rng.normal(size=shape)
    if kind == "S":
        return x @ x.T + 3 * np.eye(len(x))
    of = {
        "f": lambda: x,
        "g": lambda: x.astype(np.float32),
        "c": lambda: x + 1j * rng.normal(size=shape),
        "i": lambda: rng.integers(-5, 6, shape),
        "u": lambda: rng.integers(0, 7, shape).astype(np.uint8),
        "b": lambda: x > 0,
        "p": lambda: np.abs(x) + 0.5,
        "o": lambda: np.tanh(x) * 0.9,
        "w": lambda: 1.1 + np.abs(x),
    }
    return np.asarray(of[kind]())


def read():
    for line in (Path(__file__).parent / "calls.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            head, text = line.split("|", 1)
            kinds, shapes = head.split()
            shapes = tuple(tuple(int(d) for d in s if d != "-") for s in shapes.split(","))
            yield from (Call(kind, shapes, text.strip()) for kind in kinds)


CALLS = list(read())

# Elementwise functions, of one array and of two.
ONE = """abs acos acosh asin asinh atan atanh ceil cos cosh exp expm1 floor isfinite isinf isnan log log10 log1p log2
negative positive reciprocal round sign signbit sin sinh sqrt square tan tanh trunc""".split()
TWO = """add atan2 copysign divide equal floor_divide greater greater_equal hypot less less_equal logaddexp maximum
minimum multiply nextafter not_equal pow remainder subtract""".split()
