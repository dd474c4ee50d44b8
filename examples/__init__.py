"""Short programs that use dualad. Run one from a checkout: ``python -m examples.mnist``."""
