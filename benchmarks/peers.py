"""The libraries that take part: found, pinned to one thread, and their versions."""

from __future__ import annotations

import functools
import importlib
import importlib.metadata
import importlib.util

PEERS = ("torch", "autograd", "jax")


def library(contestant: str) -> str:
    """The library behind a contestant's name: "torch-fused" is torch."""
    return contestant.split("-")[0]


def is_installed(contestant: str) -> bool:
    return library(contestant) not in PEERS or importlib.util.find_spec(library(contestant)) is not None


def versions() -> dict[str, str]:
    """Version of each library that is installed."""
    import dualad

    found = {"dualad": dualad.__version__}
    for name in ("numpy", "scipy", *PEERS):
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


@functools.cache
def load(name: str):
    """Import a peer; one thread, and float64 where it would be float32."""
    if name == "torch":
        torch = importlib.import_module("torch")
        torch.set_num_threads(1)
        return torch
    if name == "jax":
        jax = importlib.import_module("jax")
        jax.config.update("jax_enable_x64", True)
        return jax
    return importlib.import_module(name)
