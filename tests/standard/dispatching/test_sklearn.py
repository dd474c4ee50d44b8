"""scikit-learn's array-API estimators, fitted and applied on traced arrays. Run by test_dispatching.py."""

import os

import numpy as np
import pytest

import dualad
import dualad.numpy as dnp
from dualad.core.errors import ConversionError
from tests.standard.judge import judge, judge_or_flat

if os.environ.get("SCIPY_ARRAY_API") != "1":
    pytest.skip("SCIPY_ARRAY_API=1 is to be set before SciPy is imported", allow_module_level=True)

pytest.importorskip("scipy", minversion="1.16")
sklearn = pytest.importorskip("sklearn", minversion="1.6")
from sklearn import metrics, pipeline, preprocessing  # noqa: E402
from sklearn.decomposition import PCA  # noqa: E402
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis  # noqa: E402
from sklearn.linear_model import Ridge  # noqa: E402

# scikit-learn divides by zero counts on purpose, and silences NumPy only where it knows it to be NumPy.
pytestmark = pytest.mark.filterwarnings("ignore:invalid value", "ignore:divide by zero")

rng = np.random.default_rng(42)
X = rng.normal(size=(12, 4))
Y = X @ np.array([1.0, -1.0, 2.0, 0.5]) + 0.1 * rng.normal(size=12)
PREDICTED = Y + 0.3 * X[:, 0]
LABELS = (Y > 0).astype(int)


@pytest.fixture(autouse=True)
def dispatch():
    with sklearn.config_context(array_api_dispatch=True):
        yield


SCALERS = {
    "StandardScaler": preprocessing.StandardScaler,
    "MinMaxScaler": preprocessing.MinMaxScaler,
    "MaxAbsScaler": preprocessing.MaxAbsScaler,
    "Normalizer": preprocessing.Normalizer,
    "PolynomialFeatures": lambda: preprocessing.PolynomialFeatures(2),
    "PCA": lambda: PCA(2, svd_solver="full"),
    "PCA, whitened": lambda: PCA(2, svd_solver="full", whiten=True),
    "PCA, of the covariance": lambda: PCA(2, svd_solver="covariance_eigh"),
}


@pytest.mark.parametrize("name", SCALERS)
def test_fit_and_transform(name):
    judge(lambda x: SCALERS[name]().fit(x).transform(x), X, rows=False)


def test_pca_explained_variance():
    judge(lambda x: PCA(2, svd_solver="full").fit(x).explained_variance_, X, rows=False)


def test_ridge_of_data_and_targets():
    def fit(x, y):
        model = Ridge(0.5, solver="svd").fit(x, y)
        return model.coef_, model.intercept_, model.predict(x)

    judge(fit, X, Y, rows=False)


def test_a_pipeline():
    def fit(x, y):
        return (
            pipeline.make_pipeline(preprocessing.StandardScaler(), Ridge(0.5, solver="svd"))
            .fit(x, y)
            .predict(x)
        )

    judge(fit, X, Y, rows=False)


def test_lda():
    def fit(x):
        model = LinearDiscriminantAnalysis().fit(x, dnp.asarray(LABELS))
        return model.transform(x), model.decision_function(x)

    judge(fit, X, rows=False)


@pytest.mark.parametrize("name", "r2_score mean_squared_error mean_absolute_error".split())
def test_metrics(name):
    """By `multioutput="raw_values"`: otherwise scikit-learn makes a Python float of the answer."""
    metric = getattr(metrics, name)
    judge_or_flat(lambda p: metric(dnp.asarray(Y), p, multioutput="raw_values"), PREDICTED)


@pytest.mark.parametrize("name", "r2_score mean_squared_error mean_absolute_error".split())
def test_metrics_as_floats_are_refused(name):
    with pytest.raises(ConversionError, match="would lose its derivative"):
        dualad.grad(lambda p: getattr(metrics, name)(dnp.asarray(Y), p))(PREDICTED)


@pytest.mark.parametrize("name", "cosine_similarity euclidean_distances rbf_kernel linear_kernel".split())
def test_pairwise(name):
    judge_or_flat(lambda a, b: getattr(metrics.pairwise, name)(a, b), X, 1.1 * X[::-1])
