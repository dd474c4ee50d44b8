"""The engines: a record for primitives, traces and boxes, forward, reverse, batches, pytrees, errors.

Imports NumPy alone, and knows no primitive by more than its name.
"""
