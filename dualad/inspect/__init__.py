"""Seeing what a differentiated program does: its primitives, what its tape keeps, where a NaN is born, where time
goes.

Everything here watches from outside: nothing is paid for it where it is not used.
"""
