"""Order statistics, averages, covariances, histograms, differences and integrals along an axis."""

_METHODS = """inverted_cdf averaged_inverted_cdf closest_observation interpolated_inverted_cdf hazen weibull linear
    median_unbiased normal_unbiased lower higher midpoint nearest""".split()


def _quantiles(name: str, times: str, data: str) -> str:
    calls = [
        f"np.{name}({data}, s * {times})",
        f"np.{name}({data}, q * {times}, axis=1)",
        f"np.{name}({data}, q * {times}, axis=(0, 1), keepdims=True)",
        f"np.{name}({data}, q * {times}, axis=0, out=buffer((2, 4)))",
        f"np.{name}({data}, [0.25 * {times}, s * {times}], axis=1)",
        f"np.{name}({data}, s * {times}, axis=1, overwrite_input=True)",
        f"np.{name}(A, s * {times}, axis=1, method='inverted_cdf', weights=P)",
        *(f"np.{name}({data}, q * {times}, axis=1, method='{m}')" for m in _METHODS),
    ]
    return "\n".join(["", name, *(f"    {c}" for c in calls), ""])


CALLS = (
    "".join(
        _quantiles(name, times, data)
        for name, times, data in [
            ("quantile", "1", "A"),
            ("percentile", "100", "A"),
            ("nanquantile", "1", "N"),
            ("nanpercentile", "100", "N"),
        ]
    )
    + """
median
    np.median(A)
    np.median(A, axis=1)
    np.median(A, axis=0, keepdims=True)
    np.median(T, axis=(0, 2))
    np.median(A, axis=0, out=buffer(4))
    np.median(A, axis=1, overwrite_input=True)
nanmedian
    np.nanmedian(N)
    np.nanmedian(N, axis=1)
    np.nanmedian(N, axis=0, keepdims=True)
    np.nanmedian(N, axis=(0, 1))
    np.nanmedian(N, axis=0, out=buffer(4))
    np.nanmedian(N, axis=1, overwrite_input=True)
average
    np.average(A)
    np.average(A, axis=1)
    np.average(A, axis=1, weights=w)
    np.average(A, weights=P)
    np.average(A, axis=0, weights=P, returned=True)
    np.average(A, axis=0, weights=P, keepdims=True)
    np.average(T, axis=(0, 1), weights=P[:2, :3])
cov
    np.cov(A)
    np.cov(A, B)
    np.cov(v, w)
    np.cov(A, rowvar=False, bias=True)
    np.cov(A, ddof=0)
    np.cov(A, aweights=w)
    np.cov(A, fweights=[1, 2, 3, 1])
    np.cov(A, aweights=w, fweights=[1, 2, 3, 1], ddof=0)
    np.cov(C)
    np.cov(A, dtype=np.float64)
corrcoef
    np.corrcoef(A)
    np.corrcoef(A, B)
    np.corrcoef(v, w)
    np.corrcoef(A, rowvar=False)
    np.corrcoef(A, dtype=np.float64)
    np.corrcoef(C)
correlate
    np.correlate(y, v[:3])
    np.correlate(y, v[:3], mode='full')
    np.correlate(y, v[:3], mode='same')
    np.correlate(v[:3], y, 'full')
    np.correlate(d, c, 'full')
convolve
    np.convolve(y, v[:3])
    np.convolve(y, v[:3], mode='same')
    np.convolve(y, v[:3], mode='valid')
    np.convolve(v[:3], y, 'same')
    np.convolve(d, c)
diff
    np.diff(A)
    np.diff(A, n=2, axis=1)
    np.diff(A, axis=0)
    np.diff(v, prepend=s)
    np.diff(v, append=s)
    np.diff(A, axis=1, prepend=B[:, :1], append=B[:, 1:3])
ediff1d
    np.ediff1d(A)
    np.ediff1d(v, to_begin=s, to_end=y)
gradient
    np.gradient(A)
    np.gradient(A, axis=1)
    np.gradient(A, s)
    np.gradient(A, s, t)
    np.gradient(y, grid)
    np.gradient(y, grid, edge_order=2)
    np.gradient(y, s, edge_order=2)
    np.gradient(A, grid[:3], grid[1:], axis=(0, 1))
trapezoid
    np.trapezoid(y)
    np.trapezoid(y, grid)
    np.trapezoid(y, dx=s)
    np.trapezoid(A, axis=0)
    np.trapezoid(A, x=grid[:4], axis=1)
interp
    np.interp(at, grid, y)
    np.interp(s, grid, y)
    np.interp(A, grid, y)
    np.interp(A, grid, y, left=s, right=t)
    np.interp(3 * A, grid, y, period=t + 2)
    np.interp(at, grid, d)
    np.interp([s, t], grid, y)
histogram
    np.histogram(A)
    np.histogram(A, bins=edges)
    np.histogram(A, bins=4, range=(-2.5, 2.5))
    np.histogram(A, bins=edges, density=True)
    np.histogram(A, bins=np.sort(edges), weights=P)
    np.histogram(A, bins=4, range=(-2.5, t))
    np.histogram(A, bins='auto')
histogram2d
    np.histogram2d(v, w)
    np.histogram2d(v, w, bins=[edges, 3])
    np.histogram2d(v, w, bins=3, weights=c.real)
    np.histogram2d(v, w, bins=3, density=True, range=[[-3, 3], [-3, 3]])
histogramdd
    np.histogramdd(A.T, bins=3)
    np.histogramdd(M, bins=[np.sort(edges), 3])
    np.histogramdd(M, bins=[np.sort(edges), 3], weights=w)
histogram_bin_edges
    np.histogram_bin_edges(A)
    np.histogram_bin_edges(A, bins=4, range=(-2.5, t))
bincount
    np.bincount(INTS)
    np.bincount(INTS, weights=y)
    np.bincount(INTS, weights=y, minlength=8)
digitize
    np.digitize(A, edges)
    np.digitize(A, edges, right=True)
searchsorted
    np.searchsorted(grid, at)
    np.searchsorted(grid, at, side='right')
"""
)
