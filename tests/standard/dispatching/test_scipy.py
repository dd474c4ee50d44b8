"""SciPy's functions with `SCIPY_ARRAY_API=1`, on traced arrays. Run by test_dispatching.py, in a process of its own."""

import os

import numpy as np
import pytest

import dualad
import dualad.numpy as dnp
from dualad.core.errors import ConversionError
from tests.standard.judge import judge_or_flat

if os.environ.get("SCIPY_ARRAY_API") != "1":
    pytest.skip("SCIPY_ARRAY_API=1 is to be set before SciPy is imported", allow_module_level=True)

pytest.importorskip("scipy", minversion="1.16")  # before, few of these went by the standard
integrate, signal, special, stats = (
    pytest.importorskip(f"scipy.{name}") for name in "integrate signal special stats".split()
)
cluster, fft, optimize, spatial = (
    pytest.importorskip(f"scipy.{name}") for name in "cluster.vq fft optimize spatial.transform".split()
)
pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")

rng = np.random.default_rng(42)
X = rng.normal(size=6)
P = np.abs(X) + 0.5
U = np.tanh(X) * 0.4 + 0.5
M = rng.normal(size=(5, 4))

SPECIAL = {
    **dict.fromkeys("gammaln digamma erf erfc expit ndtr log_ndtr i1 i0e i1e entr log_expit".split(), (P,)),
    **dict.fromkeys("log_softmax softmax logsumexp exp2".split(), (X,)),
    **dict.fromkeys("rel_entr xlogy xlog1py betaln".split(), (P, P[::-1].copy())),
    "logit": (U,),
}
STATS = {
    **dict.fromkeys("gmean hmean gzscore zscore differential_entropy entropy variation".split(), (P,)),
    **dict.fromkeys("tmean tvar tstd tsem tmin tmax sem skew kurtosis kstat kstatvar iqr".split(), (X,)),
    **dict.fromkeys("circmean circvar circstd describe".split(), (X,)),
}
PROGRAMS = {
    "stats.moment": (lambda x: stats.moment(x, 3), X),
    "stats.pmean": (lambda x: stats.pmean(x, 2), P),
    "stats.trim_mean": (lambda x: stats.trim_mean(x, 0.2), X),
    "signal.fftconvolve": (lambda x, y: signal.fftconvolve(x, y), X, P[:3]),
    "signal.convolve": (lambda x, y: signal.convolve(x, y, method="fft"), X, P[:3]),
    "signal.hilbert": (lambda x: dnp.abs(signal.hilbert(x)), X),
    "signal.resample": (lambda x: signal.resample(x, 4), X),
    "signal.windows": (lambda x: x * signal.windows.hann(6, xp=dnp), X),
    "integrate.trapezoid": (lambda y, x: integrate.trapezoid(y, x), X, np.sort(P)),
    "integrate.cumulative_trapezoid": (lambda y, x: integrate.cumulative_trapezoid(y, x), X, np.sort(P)),
    "integrate.fixed_quad": (lambda a: integrate.fixed_quad(lambda x: dnp.exp(-x * x), 0, a[0])[0], P),
    "fft.rfft": (lambda x: fft.irfft(fft.rfft(x) ** 2), X),
    "fft.fht": (lambda x: fft.fht(x, 0.1, 0.5), P),
    "optimize.rosen": (lambda x: optimize.rosen(x), X),
    "spatial.Rotation": (lambda v: spatial.Rotation.from_rotvec(v).apply(dnp.asarray(P[:3])), X[:3]),
    "cluster.whiten": (lambda x: cluster.whiten(x), M),
}


@pytest.mark.parametrize("name", SPECIAL)
def test_special(name):
    judge_or_flat(getattr(special, name), *SPECIAL[name])


@pytest.mark.parametrize("name", STATS)
def test_stats(name):
    if not hasattr(stats, name):
        pytest.skip("not in this SciPy")
    judge_or_flat(getattr(stats, name), *STATS[name])


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs(name):
    judge_or_flat(*PROGRAMS[name])


@pytest.mark.parametrize(
    "f",
    [lambda x: fft.dct(x), lambda x: signal.detrend(x), lambda x: integrate.simpson(x)],
    ids=["dct", "detrend", "simpson"],
)
def test_compiled_code_is_refused(f):
    """What SciPy itself turns into NumPy arrays raises; the derivative is not lost silently."""
    for run in (lambda: dualad.jvp(f, (X,), (X,)), lambda: dualad.vjp(f, X)):
        with pytest.raises(ConversionError, match="would lose its derivative"):
            run()


def test_plain_arrays_beside_dualad_arrays_are_refused_by_scipy():
    with pytest.raises(TypeError, match="Multiple namespaces"):
        dualad.grad(lambda x: dnp.sum(signal.fftconvolve(x, P)))(X)
    gradient = dualad.grad(lambda x: dnp.sum(signal.fftconvolve(x, dnp.asarray(P))))(X)
    np.testing.assert_allclose(gradient, np.full(6, P.sum()))
