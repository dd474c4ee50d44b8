"""Groups, errors, closures, and where an optimiser may write."""

import copy
import pickle

import numpy as np
import pytest

import dualad
from dualad import nn, optim


def leaf(*values, dtype=np.float64):
    return dualad.tensor(np.array(values, dtype), requires_grad=True)


def quadratic(p):
    return (p * p).sum()


def test_closure():
    p = leaf(1.0, 2.0)
    opt = optim.SGD([p], lr=0.1)

    def closure():
        opt.zero_grad()
        loss = quadratic(p)
        loss.backward()
        return loss

    with dualad.no_grad():
        assert opt.step(closure).item() == 5.0
    np.testing.assert_allclose(p.detach().numpy(), [0.8, 1.6])


def test_groups():
    a, b, c = leaf(1.0), leaf(1.0), leaf(1.0)
    opt = optim.SGD([{"params": [a]}, {"params": b, "lr": 0.5}], lr=0.1)
    opt.add_param_group({"params": [c], "momentum": 0.9})
    assert [g["lr"] for g in opt.param_groups] == [0.1, 0.5, 0.1]
    assert [g["momentum"] for g in opt.param_groups] == [0, 0, 0.9]
    for p in (a, b, c):
        p.grad = dualad.tensor([1.0])
    opt.step()
    assert [p.item() for p in (a, b, c)] == [0.9, 0.5, 0.9]
    named = optim.SGD(nn.Linear(2, 1).named_parameters(), lr=0.1)
    assert named.param_groups[0]["param_names"] == ["weight", "bias"]
    assert "Parameter Group 1\n" in repr(opt) and "    lr: 0.5\n" in repr(opt)


def test_zero_grad():
    p = leaf(1.0)
    opt = optim.SGD([p])
    quadratic(p).backward()
    opt.zero_grad(set_to_none=False)
    assert p.grad.item() == 0.0
    opt.zero_grad()
    assert p.grad is None
    opt.step()
    assert p.item() == 1.0


@pytest.mark.parametrize(
    "make, error, text",
    [
        (lambda p: optim.SGD(p), TypeError, "iterable of Tensors or dicts"),
        (lambda p: optim.SGD([]), ValueError, "empty parameter list"),
        (lambda p: optim.SGD([3.0]), TypeError, "only optimize Tensors"),
        (lambda p: optim.SGD([p * 2]), ValueError, "non-leaf"),
        (lambda p: optim.SGD([p, p]), ValueError, "twice"),
        (
            lambda p: optim.SGD([{"params": [p]}, {"params": [p]}]),
            ValueError,
            "more than one parameter group",
        ),
        (lambda p: optim.SGD([{"params": {p}}]), TypeError, "not in sets"),
        (lambda p: optim.SGD([p], lr=-1.0), ValueError, "Invalid learning rate: -1.0"),
        (lambda p: optim.SGD([p], momentum=-1.0), ValueError, "Invalid momentum value"),
        (lambda p: optim.SGD([p], weight_decay=-1.0), ValueError, "Invalid weight_decay value"),
        (lambda p: optim.SGD([p], nesterov=True), ValueError, "Nesterov momentum requires"),
        (lambda p: optim.Adam([p], betas=(0.9, 1.0)), ValueError, "Invalid beta parameter at index 1"),
        (lambda p: optim.AdamW([p], eps=-1e-8), ValueError, "Invalid epsilon"),
        (lambda p: optim.RMSprop([p], alpha=-1.0), ValueError, "Invalid alpha"),
        (lambda p: optim.Adagrad([p], lr_decay=-1.0), ValueError, "Invalid lr_decay"),
        (lambda p: optim.SGD([p]).add_param_group([p]), TypeError, "must be a dict"),
        (lambda p: optim.lr_scheduler.StepLR(3, 1), TypeError, "not an Optimizer"),
        (lambda p: optim.lr_scheduler.StepLR(optim.SGD([p]), 1, last_epoch=2), KeyError, "initial_lr"),
        (lambda p: optim.lr_scheduler.OneCycleLR(optim.SGD([p]), 1.0), ValueError, "total_steps OR"),
        (lambda p: optim.lr_scheduler.ReduceLROnPlateau(optim.SGD([p]), factor=1.0), ValueError, "< 1.0"),
        (lambda p: optim.lr_scheduler.ReduceLROnPlateau(optim.SGD([p])).step(), TypeError, "metric"),
        (
            lambda p: optim.lr_scheduler.LambdaLR(optim.SGD([p]), [abs, abs]),
            ValueError,
            "Expected 1 lr_lambdas",
        ),
    ],
)
def test_errors(make, error, text):
    with pytest.raises(error, match=text):
        make(leaf(1.0, 2.0))


def test_load_state_dict_errors():
    opt = optim.SGD([leaf(1.0), leaf(2.0)], momentum=0.9)
    with pytest.raises(ValueError, match="different number of parameter groups"):
        opt.load_state_dict({"state": {}, "param_groups": []})
    with pytest.raises(ValueError, match="doesn't match the size"):
        opt.load_state_dict(optim.SGD([leaf(1.0)]).state_dict())
    other = optim.SGD([leaf(1.0, 2.0), leaf(1.0)], momentum=0.9)
    for p in other.param_groups[0]["params"]:
        p.grad = p.detach().clone()
    other.step()
    with pytest.raises(ValueError, match="'momentum_buffer' of parameter 0 has shape"):
        opt.load_state_dict(other.state_dict())


def test_scheduler_before_optimiser_warns():
    scheduler = optim.lr_scheduler.StepLR(optim.SGD([leaf(1.0)]), 1)
    with pytest.warns(UserWarning, match=r"before `optimizer.step\(\)`"):
        scheduler.step()


def test_learning_rates_change_between_steps():
    p = leaf(1.0)
    opt = optim.Adam([p], lr=0.1, betas=(0.5, 0.5))
    twin = leaf(1.0)
    for k in range(6):
        opt.param_groups[0]["betas"] = (0.5, 0.5) if k < 3 else (0.9, 0.8)
        p.grad = dualad.tensor([1.0 + k])
        opt.step()
    m = v = 0.0
    w = twin.item()
    for k in range(6):  # PyTorch's recursion, with its averages
        b1, b2 = (0.5, 0.5) if k < 3 else (0.9, 0.8)
        g = 1.0 + k
        m, v = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g * g
        w -= 0.1 * (m / (1 - b1 ** (k + 1))) / (np.sqrt(v / (1 - b2 ** (k + 1))) + 1e-8)
    assert p.item() == pytest.approx(w, rel=1e-12)


def test_pickle():
    p = leaf(1.0, 2.0)
    opt = optim.Adam([p])
    quadratic(p).backward()
    opt.step()
    twin = pickle.loads(pickle.dumps(opt))
    assert (
        twin.state_dict()["state"][0]["exp_avg"].tolist() == opt.state_dict()["state"][0]["exp_avg"].tolist()
    )
    q = twin.param_groups[0]["params"][0]
    q.grad = q.detach().clone()
    twin.step()


# ---- where it writes --------------------------------------------------------------------------------------


def array_of(p):
    return p._value.value


def test_updates_in_place_where_nobody_looks():
    p = leaf(*range(10))
    a = array_of(p)
    address = a.__array_interface__["data"][0]
    del a
    opt = optim.SGD([p], lr=0.1, momentum=0.9)
    for _ in range(3):
        opt.zero_grad()
        loss = quadratic(p)
        loss.backward()
        opt.step()
    assert array_of(p).__array_interface__["data"][0] == address
    assert p.requires_grad and p.is_leaf


def test_a_retained_graph_keeps_its_weights():
    p = leaf(1.0, 2.0)
    loss = (p * p * p).sum()
    loss.backward(retain_graph=True)
    first = p.grad.numpy().copy()
    optim.SGD([p], lr=0.5).step()
    p.grad = None
    loss.backward()
    assert np.array_equal(p.grad.numpy(), first)


def test_arrays_taken_out_stay_as_they_were():
    p = leaf(1.0, 2.0)
    a = p.detach().numpy()
    p.grad = dualad.tensor([1.0, 1.0])
    optim.SGD([p], lr=0.5).step()
    assert a.tolist() == [1.0, 2.0] and p.tolist() == [0.5, 1.5]


def test_detached_twins_follow():
    p = nn.Parameter(dualad.tensor([1.0, 2.0]))
    twin, state = p.detach(), nn.ParameterList([p]).state_dict()
    p.grad = dualad.tensor([1.0, 1.0])
    optim.SGD([p], lr=0.5).step()
    assert twin.tolist() == [0.5, 1.5] == state["0"].tolist()


def test_parameters_in_any_memory_order():
    w = np.asfortranarray(np.arange(6.0).reshape(2, 3))
    p = nn.Parameter(dualad.from_numpy(w))
    p.grad = dualad.tensor(np.arange(6.0).reshape(2, 3).T.copy()).t()
    optim.SGD([p], lr=1.0).step()
    assert not p.detach().numpy().any() and w.any()


def test_refused_inside_a_transform():
    p = leaf(1.0)

    def f(x):
        q = nn.Parameter(dualad.ones(1))
        q._value = x._value if isinstance(x, dualad.Tensor) else x
        q._grad = dualad.ones(1)
        optim.SGD([q], lr=0.1).step()
        return q.sum()

    with dualad.no_grad(), pytest.raises(dualad.DualadError, match="cannot update parameters inside grad"):
        dualad.grad(f)(p)


def test_deepcopy_of_an_optimiser_is_apart():
    p = leaf(1.0)
    opt = optim.SGD([p], lr=0.1, momentum=0.5)
    twin = copy.deepcopy(opt)
    q = twin.param_groups[0]["params"][0]
    q.grad = dualad.tensor([1.0])
    twin.step()
    assert p.item() == 1.0 and q.item() == 0.9


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_adam_goes_on_from_a_state_dict_bit_for_bit(dtype):
    random = np.random.default_rng(0)
    gradients = [10 ** random.uniform(-12, 6, 200) * random.standard_normal(200) for _ in range(6)]
    gradients[2][0] = np.inf

    def steps(w, opt, some):
        with np.errstate(invalid="ignore", over="ignore"):
            for g in some:
                w.grad = dualad.tensor(g.astype(dtype))
                opt.step()
            return w.detach().numpy().copy()

    w = dualad.tensor(np.ones(200, dtype), requires_grad=True)
    opt = optim.Adam([w], lr=0.1, amsgrad=True)
    twin = dualad.tensor(steps(w, opt, gradients[:3]), requires_grad=True)
    other = optim.Adam([twin], lr=0.5)
    other.load_state_dict(opt.state_dict())
    np.testing.assert_array_equal(steps(w, opt, gradients[3:]), steps(twin, other, gradients[3:]))
