"""Sparse Jacobians and Hessians: patterns detected by tracing, columns coloured, few pushes instead of many.

`trace`, `rules`, `linear_map`, `contraction` and `index_sets` find the pattern; `detect` is their verb. `colouring`
groups columns and rows, `compression` knows what to push and pull and how to read the entries; `sending` sends it;
`verify` probes the result; `matrix` puts it together for the user.
"""
