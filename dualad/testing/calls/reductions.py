"""Sums, products, extrema, running forms, their NaN-ignoring relatives."""


def _each(names: str, text: str) -> str:
    return "".join(text.replace("NAME", name) for name in names.split())


CALLS = (
    _each(
        "sum prod",
        """
NAME
    np.NAME(A)
    np.NAME(A, axis=1)
    np.NAME(T, axis=(0, 2), keepdims=True)
    np.NAME(A, axis=-1, dtype=np.float32)
    np.NAME(A, 0, out=buffer(4))
    np.NAME(A, initial=s)
    np.NAME(A, axis=0, initial=s, where=MASK)
    np.NAME(A, where=ROW, axis=1)
    np.NAME(C, axis=1)
    np.NAME([s, t, r])
    np.NAME(F32)
""",
    )
    + _each(
        "max min amax amin",
        """
NAME
    np.NAME(A)
    np.NAME(A, axis=1)
    np.NAME(T, axis=(0, 2), keepdims=True)
    np.NAME(A, 0, out=buffer(4))
    np.NAME(A, initial=s)
    np.NAME(A, axis=0, initial=s, where=MASK)
    np.NAME(A, axis=0, initial=-s, where=MASK)
""",
    )
    + _each(
        "mean",
        """
NAME
    np.NAME(A)
    np.NAME(A, axis=1)
    np.NAME(T, axis=(0, 2), keepdims=True)
    np.NAME(A, dtype=np.float32)
    np.NAME(A, 0, out=buffer(4))
    np.NAME(A, axis=0, where=MASK)
    np.NAME(C, axis=1)
    np.NAME([s, t, r])
""",
    )
    + _each(
        "var std",
        """
NAME
    np.NAME(A)
    np.NAME(A, axis=1)
    np.NAME(T, axis=(0, 2), keepdims=True)
    np.NAME(A, axis=0, ddof=1)
    np.NAME(A, axis=0, ddof=s)
    np.NAME(A, axis=0, correction=1)
    np.NAME(A, dtype=np.float32)
    np.NAME(A, 0, out=buffer(4))
    np.NAME(A, axis=1, where=ROW)
    np.NAME(A, axis=1, where=MASK, ddof=1, keepdims=True)
    np.NAME(A, axis=1, mean=np.mean(A, axis=1, keepdims=True))
    np.NAME(A, axis=0, mean=v[None])
    np.NAME(C, axis=1)
""",
    )
    + _each(
        "cumsum cumprod nancumsum nancumprod",
        """
NAME
    np.NAME(A)
    np.NAME(A, axis=1)
    np.NAME(A, axis=0, dtype=np.float32)
    np.NAME(A, 0, out=buffer((3, 4)))
""",
    )
    + _each(
        "nancumsum nancumprod",
        """
NAME
    np.NAME(N)
    np.NAME(N, axis=1)
""",
    )
    + _each(
        "cumulative_sum cumulative_prod",
        """
NAME
    np.NAME(v)
    np.NAME(A, axis=1)
    np.NAME(A, axis=0, include_initial=True)
    np.NAME(A, axis=0, dtype=np.float32)
    np.NAME(A, axis=0, out=buffer((3, 4)))
""",
    )
    + _each(
        "nansum nanprod",
        """
NAME
    np.NAME(N)
    np.NAME(N, axis=1)
    np.NAME(N, axis=(0, 1), keepdims=True)
    np.NAME(N, axis=0, dtype=np.float32)
    np.NAME(N, 0, out=buffer(4))
    np.NAME(N, axis=0, initial=s, where=MASK)
""",
    )
    + _each(
        "nanmax nanmin",
        """
NAME
    np.NAME(N)
    np.NAME(N, axis=1)
    np.NAME(N, axis=(0, 1), keepdims=True)
    np.NAME(N, 0, out=buffer(4))
    np.NAME(N, axis=0, initial=s, where=MASK)
""",
    )
    + _each(
        "nanmean",
        """
NAME
    np.NAME(N)
    np.NAME(N, axis=1)
    np.NAME(N, axis=(0, 1), keepdims=True)
    np.NAME(N, dtype=np.float32)
    np.NAME(N, 0, out=buffer(4))
    np.NAME(N, axis=0, where=MASK)
""",
    )
    + _each(
        "nanvar nanstd",
        """
NAME
    np.NAME(N)
    np.NAME(N, axis=1)
    np.NAME(N, axis=(0, 1), keepdims=True)
    np.NAME(N, axis=0, ddof=1)
    np.NAME(N, axis=1, correction=1)
    np.NAME(N, dtype=np.float32)
    np.NAME(N, 0, out=buffer(4))
    np.NAME(N, axis=1, where=MASK)
    np.NAME(N, axis=0, mean=v[None])
""",
    )
    + """
ptp
    np.ptp(A)
    np.ptp(A, axis=1)
    np.ptp(A, axis=0, keepdims=True)
    np.ptp(A, axis=0, out=buffer(4))
count_nonzero
    np.count_nonzero(A)
    np.count_nonzero(A > 0, axis=1, keepdims=True)
any
    np.any(A)
    np.any(A > 0, axis=1, keepdims=True, where=MASK)
all
    np.all(A)
    np.all(A > 0, axis=1, keepdims=True, where=MASK)
argmax
    np.argmax(A)
    np.argmax(A, axis=1, keepdims=True)
argmin
    np.argmin(A)
    np.argmin(A, axis=1, keepdims=True)
nanargmax
    np.nanargmax(N)
    np.nanargmax(N, axis=1)
    np.nanargmax(N, axis=1, keepdims=True)
nanargmin
    np.nanargmin(N)
    np.nanargmin(N, axis=1, keepdims=True)
"""
)
