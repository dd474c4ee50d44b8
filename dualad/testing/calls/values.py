"""Functions of the values alone: comparisons, tests, types, text."""

CALLS = """
allclose
    np.allclose(A, B)
    np.allclose(A, B, rtol=s, atol=t)
array_equal
    np.array_equal(A, B)
    np.array_equal(A, A, equal_nan=True)
array_equiv
    np.array_equiv(A, B)
iscomplexobj
    np.iscomplexobj(A)
isrealobj
    np.isrealobj(C)
iscomplex
    np.iscomplex(C)
isreal
    np.isreal(A)
isneginf
    np.isneginf(A)
    np.isneginf(A, out=np.zeros((3, 4), bool))
isposinf
    np.isposinf(A)
isscalar
    np.isscalar(A)
isfortran
    np.isfortran(A)
iterable
    np.iterable(A)
result_type
    str(np.result_type(A, np.float32))
can_cast
    np.can_cast(A.dtype, np.float32)
min_scalar_type
    str(np.min_scalar_type(A))
common_type
    str(np.common_type(A, C))
may_share_memory
    np.may_share_memory(A, B)
shares_memory
    np.shares_memory(A, B)
broadcast_shapes
    np.broadcast_shapes(A.shape, v.shape)
array2string
    np.array2string(A, precision=3)
    len(np.array2string(A))
array_repr
    np.array_repr(A)[:5] and True
array_str
    np.array_str(A)
format_float_positional
    np.format_float_positional(s)
format_float_scientific
    np.format_float_scientific(s)
typename
    np.typename(A.dtype.char)
issubdtype
    np.issubdtype(A.dtype, np.floating)
"""
