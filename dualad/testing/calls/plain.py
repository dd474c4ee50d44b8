"""Functions of integers, bits, dates, files and settings: no floating-point argument, or one that is refused by name.

Those that read files, change settings or print are not run: they have no arguments that could be traced.
"""

_NO_ARGUMENT = """
busday_count busday_offset is_busday datetime_as_string datetime_data isnat from_dlpack frombuffer fromfile fromregex
fromstring genfromtxt load loadtxt get_include get_printoptions set_printoptions printoptions getbufsize setbufsize
geterr seterr geterrcall seterrcall info show_config show_runtime test
""".split()

CALLS = """
bitwise_and
    np.bitwise_and(INTS, 6)
bitwise_or
    np.bitwise_or(INTS, 6)
bitwise_xor
    np.bitwise_xor(INTS, 6)
bitwise_not
    np.bitwise_not(INTS)
bitwise_invert
    np.bitwise_invert(INTS)
invert
    np.invert(A > 0)
bitwise_count
    np.bitwise_count(INTS)
left_shift
    np.left_shift(INTS, 2)
right_shift
    np.right_shift(INTS, 1)
bitwise_left_shift
    np.bitwise_left_shift(INTS, 2)
bitwise_right_shift
    np.bitwise_right_shift(INTS, 1)
gcd
    np.gcd(INTS, 6)
lcm
    np.lcm(INTS, 6)
packbits
    np.packbits(A > 0)
unpackbits
    np.unpackbits(INTS.astype(np.uint8))
base_repr
    np.base_repr(5, 2)
binary_repr
    np.binary_repr(5)
diag_indices
    np.diag_indices(len(A))
isdtype
    np.isdtype(A.dtype, 'real floating')
promote_types
    str(np.promote_types(A.dtype, np.float32))
mintypecode
    np.mintypecode([A.dtype.char])
nested_iters
    len(np.nested_iters(ORDER, [[0], [1]]))
save
    np.save(file(), A)
savez
    np.savez(file(), A)
savez_compressed
    np.savez_compressed(file(), A)
savetxt
    np.savetxt(file(), A)
""" + "".join(f"{name}\n" for name in _NO_ARGUMENT)
