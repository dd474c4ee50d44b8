"""Functions: both engines and finite differences agree; what is refused, and how."""

import numpy as np
import pytest

import dualad
from dualad import nn
from dualad.nn import functional as F

RNG = np.random.default_rng(5)
X = RNG.normal(size=(4, 3))
IMAGES = RNG.normal(size=(2, 2, 5, 5))
LABELS = np.array([0, 2, 1, 2])
W = RNG.normal(size=(2, 3))

FUNCTIONS = {
    "linear": (lambda x: F.linear(x, W, W[:, 0]), X),
    "linear without bias": (lambda x: F.linear(x, W), X),
    "linear in stacks": (lambda x: F.linear(x, W, W[:, 0]), RNG.normal(size=(2, 2, 3))),
    "weights": (lambda w: F.linear(X, w, w[:, 0]), W),
    "bilinear": (lambda x: F.bilinear(x, x, RNG_W, None), X),
    "conv2d": (lambda w: F.conv2d(IMAGES, w, w[:, 0, 0, 0], padding=1), RNG.normal(size=(3, 2, 3, 3))),
    "conv2d same": (lambda x: F.conv2d(x, KERNEL, padding="same"), IMAGES),
    "max_pool2d": (lambda x: F.max_pool2d(x, 2, 1), IMAGES),
    "avg_pool2d": (lambda x: F.avg_pool2d(x, 2, padding=1), IMAGES),
    "adaptive": (lambda x: F.adaptive_avg_pool2d(x, 1), IMAGES),
    "global max": (lambda x: F.adaptive_max_pool2d(x, 1), IMAGES),
    "pad": (lambda x: F.pad(x, (1, 2, 0, 1), value=3.0), X),
    "pad negative": (lambda x: F.pad(x, (-1, 2)), X),
    "pad reflect": (lambda x: F.pad(x, (1, 1), mode="reflect"), X),
    **{
        name: (getattr(F, name), X)
        for name in (
            "relu relu6 hardtanh leaky_relu elu selu gelu silu mish softplus softsign sigmoid logsigmoid tanh".split()
        )
    },
    "gelu tanh": (lambda x: F.gelu(x, approximate="tanh"), X),
    "prelu": (lambda w: F.prelu(X, w), RNG.normal(size=3)),
    "softmax": (lambda x: F.softmax(x, 1), X),
    "log_softmax": (lambda x: F.log_softmax(x, 0), X),
    "batch_norm": (lambda x: F.batch_norm(x, None, None, W[0], W[1], training=True), X),
    "layer_norm": (lambda x: F.layer_norm(x, (3,), W[0], W[1]), X),
    "normalize": (lambda x: F.normalize(x), X),
    "normalize p=3": (lambda x: F.normalize(x, p=3.0), X),
    "embedding": (lambda w: F.embedding(np.array([[1, 0], [1, 1]]), w), W),
    "mse_loss": (lambda x: F.mse_loss(x, X[::-1]), X),
    "l1_loss": (lambda x: F.l1_loss(x, X[::-1], reduction="sum"), X),
    "smooth_l1_loss": (lambda x: F.smooth_l1_loss(x, X[::-1], beta=0.7), X),
    "huber_loss": (lambda x: F.huber_loss(x, X[::-1], delta=0.7), X),
    "bce": (lambda x: F.binary_cross_entropy(F.sigmoid(x), np.abs(X) / 3), X),
    "bce with logits": (lambda x: F.binary_cross_entropy_with_logits(x, np.abs(X), pos_weight=W[0]), X),
    "cross_entropy": (lambda x: F.cross_entropy(x, LABELS), X),
    "cross_entropy weights": (lambda x: F.cross_entropy(x, LABELS, np.abs(W[0]), label_smoothing=0.1), X),
    "cross_entropy probabilities": (lambda x: F.cross_entropy(x, np.abs(X)), X),
    "cross_entropy targets": (lambda y: F.cross_entropy(X, y), np.abs(X)),
    "nll_loss": (lambda x: F.nll_loss(x, LABELS, ignore_index=2), X),
    "kl_div": (lambda x: F.kl_div(x, np.abs(X), reduction="batchmean"), X),
}
RNG_W = RNG.normal(size=(2, 3, 3))
KERNEL = RNG.normal(size=(3, 2, 2, 3))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_engines_and_numbers_agree(name):
    f, x = FUNCTIONS[name]
    rng = np.random.default_rng(0)
    dx = rng.normal(size=x.shape)
    out, tangent = dualad.jvp(f, (x,), (dx,))
    value, pull = dualad.vjp(f, x)
    g = rng.normal(size=value.shape)
    (back,) = pull(dualad.tensor(g))
    h = 1e-6
    numeric = (f(x + h * dx).numpy() - f(x - h * dx).numpy()) / (2 * h)
    assert isinstance(out, dualad.Tensor) and out.dtype == np.float64
    np.testing.assert_array_equal(out.numpy(), value.numpy())
    np.testing.assert_allclose(tangent.numpy(), numeric, rtol=1e-6, atol=1e-8)
    assert (g * tangent.numpy()).sum() == pytest.approx((back * dx).sum(), rel=1e-11, abs=1e-13)


CONSTANTS = {"X", "W", "IMAGES", "LABELS", "KERNEL", "RNG_W"}  # of double precision


@pytest.mark.parametrize(
    "name", [n for n, (f, _) in FUNCTIONS.items() if not CONSTANTS & {*f.__code__.co_names}]
)
def test_single_precision_stays_single(name):
    f, x = FUNCTIONS[name]
    t = dualad.tensor(x.astype(np.float32), requires_grad=True)
    out = f(t)
    out.sum().backward()
    assert out.dtype == np.float32 and t.grad.dtype == np.float32


@pytest.mark.parametrize("name", "linear conv2d cross_entropy layer_norm gelu mse_loss".split())
def test_second_order(name):
    f, x = FUNCTIONS[name]
    rng = np.random.default_rng(1)
    v, dx = rng.normal(size=f(x).shape), rng.normal(size=x.shape)
    scalar = lambda x: (f(x) * f(x) * v).sum()
    forward = dualad.jvp(dualad.grad(scalar), (x,), (dx,))[1]
    reverse = dualad.grad(lambda x: dualad.jvp(scalar, (x,), (dx,))[1])(x)
    np.testing.assert_allclose(forward, reverse, rtol=1e-10, atol=1e-12)
    t = dualad.tensor(x, requires_grad=True)
    (g,) = dualad.autograd.grad(scalar(t), t, create_graph=True)
    (g * dualad.tensor(dx)).sum().backward()
    np.testing.assert_allclose(t.grad.numpy(), forward, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("name", ["linear", "relu", "softmax", "cross_entropy", "layer_norm", "mse_loss"])
def test_batches(name):
    f, x = FUNCTIONS[name]
    xs = np.stack([x, 2 * x, x - 1])
    np.testing.assert_allclose(dualad.vmap(f)(xs).numpy(), np.stack([f(x).numpy() for x in xs]), rtol=1e-13)


def test_cross_entropy_per_example_labels_under_vmap():
    ys = np.stack([LABELS, LABELS[::-1]])
    got = dualad.vmap(lambda y: F.cross_entropy(X, y))(ys)
    np.testing.assert_allclose(got.numpy(), [F.cross_entropy(X, y).item() for y in ys], rtol=1e-14)
    with pytest.raises(TypeError, match="under vmap"):
        dualad.vmap(lambda y: F.cross_entropy(X, y, weight=W[0]))(ys)


def test_large_logits():
    x = dualad.tensor([[1000.0, -1000.0], [-1000.0, 1000.0]], dtype=dualad.float32, requires_grad=True)
    F.cross_entropy(x, dualad.tensor([0, 0]), reduction="sum").backward()
    assert x.grad.tolist() == [[0.0, 0.0], [-1.0, 1.0]]


def test_masked_logits():
    x = dualad.tensor([[0.0, -np.inf, 1.0]], requires_grad=True)
    F.cross_entropy(x, dualad.tensor([2])).backward()
    assert np.isfinite(x.grad.numpy()).all() and x.grad[0, 1].item() == 0.0


def test_many_rows():
    x, y = RNG.normal(size=(1000, 300)).astype(np.float32), RNG.integers(0, 300, 1000)
    t = dualad.tensor(x, requires_grad=True)
    loss = F.cross_entropy(t, y)
    loss.backward()
    e = np.exp(x.astype(float))
    p = e / e.sum(axis=1, keepdims=True)
    rows = np.arange(1000)
    assert loss.item() == pytest.approx(-np.log(p[rows, y]).mean(), rel=1e-6)
    p[rows, y] -= 1
    np.testing.assert_allclose(t.grad.numpy(), p / 1000, atol=1e-8)


def test_ignored_examples_do_not_count():
    x = np.array([[1.0, 2.0], [np.nan, np.inf], [0.5, 0.1]])
    t = dualad.tensor(x, requires_grad=True)
    loss = F.cross_entropy(t, np.array([0, -100, 1]))
    loss.backward()
    assert loss.item() == pytest.approx(F.cross_entropy(x[[0, 2]], np.array([0, 1])).item())
    assert t.grad[1].tolist() == [0.0, 0.0] and np.isfinite(t.grad.numpy()).all()


def test_one_hot():
    assert F.one_hot(dualad.tensor([0, 2])).tolist() == [[1, 0, 0], [0, 0, 1]]
    assert F.one_hot(np.array([[1]]), num_classes=2).shape == (1, 1, 2)
    with pytest.raises(RuntimeError, match="non-negative"):
        F.one_hot(np.array([-1]))
    with pytest.raises(RuntimeError, match="smaller than num_classes"):
        F.one_hot(np.array([3]), 3)


def test_embedding():
    table = nn.Embedding(5, 3, padding_idx=1)
    assert not table.weight[1].detach().numpy().any()
    table(dualad.tensor([[1, 4], [4, 1]])).sum().backward()
    assert table.weight.grad.sum(1).tolist() == [0.0, 0.0, 0.0, 0.0, 6.0]
    assert repr(table) == "Embedding(5, 3, padding_idx=1)"
    with pytest.raises(IndexError, match="5 rows"):
        table(dualad.tensor([5]))


def test_pooling_indices():
    values, where = F.max_pool2d(dualad.tensor(IMAGES), 2, return_indices=True)
    assert where.dtype == np.int64
    flat = IMAGES.reshape(2, 2, 25)
    picked = np.take_along_axis(flat, where.numpy().reshape(2, 2, 4), axis=2).reshape(values.shape)
    assert np.array_equal(picked, values.numpy())


def test_in_place():
    x = dualad.tensor([-1.0, 2.0])
    assert F.relu(x, inplace=True) is x and x.tolist() == [0.0, 2.0]


@pytest.mark.parametrize(
    "call, error, text",
    [
        (lambda: F.linear(X, W.T), RuntimeError, r"takes input \(…, 2\), not \(4, 3\)"),
        (lambda: F.cross_entropy(X, np.array([0, 1, 3, 0])), IndexError, "classes, 0 to 2"),
        (lambda: F.cross_entropy(X, np.array([0, -1, 1, 0])), IndexError, "3 classes"),
        (lambda: F.cross_entropy(X, LABELS[:2]), ValueError, r"\(4, 3\) and \(2,\)"),
        (lambda: F.cross_entropy(X, LABELS[:2], weight=W[0]), ValueError, r"Expected target size \[4\]"),
        (lambda: F.cross_entropy(X, X[:, :2]), ValueError, "class labels are integers"),
        (lambda: F.cross_entropy(X, LABELS, label_smoothing=2.0), ValueError, "between 0.0 and 1.0"),
        (
            lambda: F.cross_entropy(X, LABELS, reduction="average"),
            ValueError,
            "not a valid value for reduction",
        ),
        (lambda: F.nll_loss(X, LABELS.astype(float)), TypeError, "labels must be integers"),
        (lambda: F.binary_cross_entropy(X, X), RuntimeError, "between 0 and 1"),
        (lambda: F.binary_cross_entropy_with_logits(X, X[:2]), ValueError, "must be the same as input size"),
        (lambda: F.huber_loss(X, X, delta=0.0), ValueError, "non-positive"),
        (lambda: F.conv2d(IMAGES, KERNEL, padding="full"), ValueError, "Invalid padding string"),
        (lambda: F.conv2d(IMAGES, KERNEL, padding="same", stride=2), ValueError, "strided"),
        (lambda: nn.Conv2d(1, 1, 3, padding_mode="reflect"), NotImplementedError, "padding_mode='reflect'"),
        (lambda: nn.Conv2d(3, 4, 3, groups=2), ValueError, "in_channels must be divisible"),
        (lambda: F.adaptive_avg_pool2d(IMAGES, 2), NotImplementedError, "has to divide"),
        (lambda: F.batch_norm(X[:1], None, None, training=True), ValueError, "more than 1 value per channel"),
        (lambda: nn.BatchNorm2d(3)(X), ValueError, "expected 4D input"),
        (lambda: nn.BatchNorm1d(2)(X), ValueError, "expected input with 2 channels"),
        (lambda: F.layer_norm(X, (4,)), RuntimeError, r"expected input with shape \[\*, 4\]"),
        (lambda: F.pad(X, (1, 1), mode="mirror"), NotImplementedError, "Unrecognised padding mode"),
        (lambda: F.pad(X, (1, 1), mode="reflect", value=1.0), ValueError, "doesn't take in value"),
        (lambda: F.gelu(X, approximate="fast"), RuntimeError, "none or tanh"),
        (lambda: nn.MSELoss(reduction="average"), ValueError, "not a valid value"),
        (lambda: nn.Embedding(3, 2, padding_idx=3), ValueError, "within num_embeddings"),
    ],
)
def test_errors(call, error, text):
    with pytest.raises(error, match=text):
        call()


def test_warnings():
    with pytest.warns(UserWarning, match="different to the input size"):
        F.mse_loss(X, X[:1])
    with pytest.warns(UserWarning, match="Implicit dimension choice for softmax"):
        nn.Softmax()(X)
