"""Module: attributes, names, state dicts, modes, hooks, copies, errors."""

import copy
import pickle
from collections import OrderedDict

import numpy as np
import pytest

import dualad
from dualad import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(3, 4)
        self.norm = nn.BatchNorm1d(4)
        self.scale = nn.Parameter(dualad.ones(2))
        self.register_buffer("mask", dualad.zeros(2), persistent=False)
        self.register_parameter("absent", None)
        self.register_buffer("nothing", None)

    def forward(self, x):
        return self.norm(self.first(x)) * self.scale[0]


def test_names():
    net = Net()
    assert [n for n, _ in net.named_parameters()] == [
        "scale",
        "first.weight",
        "first.bias",
        "norm.weight",
        "norm.bias",
    ]
    assert [n for n, _ in net.named_parameters(recurse=False)] == ["scale"]
    assert [n for n, _ in net.named_parameters(prefix="net", recurse=False)] == ["net.scale"]
    assert [n for n, _ in net.named_buffers()] == [
        "mask",
        "norm.running_mean",
        "norm.running_var",
        "norm.num_batches_tracked",
    ]
    assert [n for n, _ in net.named_modules()] == ["", "first", "norm"]
    assert [n for n, _ in net.named_children()] == ["first", "norm"]
    assert len(list(net.modules())) == 3 and len(list(net.children())) == 2
    assert "mask" not in net.state_dict() and "norm.num_batches_tracked" in net.state_dict()
    assert net.get_submodule("first") is net.first and net.get_parameter("first.weight") is net.first.weight
    assert {"first", "scale", "mask", "forward"} <= set(dir(net))


def test_shared_parameters_count_once():
    net = nn.Module()
    net.a, net.b = nn.Linear(3, 3), nn.Linear(3, 3)
    net.b.weight = net.a.weight
    assert [n for n, _ in net.named_parameters()] == ["a.weight", "a.bias", "b.bias"]
    assert list(net.state_dict()) == ["a.weight", "a.bias", "b.weight", "b.bias"]
    assert len(list(net.named_parameters(remove_duplicate=False))) == 4


def test_attributes_replace_each_other():
    net = Net()
    net.scale = nn.Parameter(dualad.zeros(3))
    assert net.scale.shape == (3,)
    with pytest.raises(TypeError, match="cannot assign 'Tensor' as parameter 'scale'"):
        net.scale = dualad.zeros(2)
    with pytest.raises(TypeError, match="cannot assign 'int' as child module 'first'"):
        net.first = 3
    with pytest.raises(TypeError, match="buffer 'mask'"):
        net.mask = 3.0
    net.scale = None
    assert net.scale is None and "scale" not in dict(net.named_parameters())
    net.mask = dualad.ones(5)
    assert dict(net.named_buffers())["mask"].shape == (5,)
    net.absent = nn.Parameter(dualad.ones(1))
    assert "absent" in dict(net.named_parameters())
    net.plain = 3
    net.plain = nn.Linear(1, 1)
    assert "plain" in dict(net.named_children()) and "plain" not in net.__dict__
    del net.plain
    assert not hasattr(net, "plain")


def test_helpful_errors():
    net = Net()
    with pytest.raises(AttributeError, match="'Net' object has no attribute 'frist'. Did you mean 'first'"):
        _ = net.frist

    class Late(nn.Module):
        def __init__(self):
            self.layer = nn.Linear(1, 1)

    with pytest.raises(AttributeError, match=r"before Module.__init__\(\) call"):
        Late()
    with pytest.raises(KeyError, match="attribute 'forward' already exists"):
        net.register_buffer("forward", dualad.zeros(1))
    with pytest.raises(KeyError, match="or be empty"):
        net.register_parameter("a.b", None)
    with pytest.raises(TypeError, match="not a Module subclass"):
        net.add_module("x", 3)
    with pytest.raises(ValueError, match="non-leaf"):
        net.bad = _non_leaf()
    with pytest.raises(NotImplementedError, match='missing the required "forward"'):
        nn.Module()(1)
    with pytest.raises(AttributeError, match="no submodule `nowhere`"):
        net.get_submodule("nowhere.at.all")


def _non_leaf():
    p = nn.Parameter(dualad.ones(1))
    p._value = (p * 2)._value
    return p


def test_state_dict_round_trip():
    net, other = Net(), Net()
    net(dualad.randn(5, 3))
    result = other.load_state_dict(net.state_dict())
    assert str(result) == "<All keys matched successfully>"
    for a, b in zip(net.state_dict().values(), other.state_dict().values(), strict=True):
        assert np.array_equal(a.numpy(), b.numpy()) and a.dtype == b.dtype
    assert other.first.weight.requires_grad and other.first.weight.is_leaf


def test_state_dict_follows_the_module():
    net = nn.Linear(2, 1)
    state = net.state_dict()
    state["weight"].fill_(3.0)
    assert np.array_equal(net.weight.detach().numpy(), [[3.0, 3.0]]) and net.weight.requires_grad


def test_load_state_dict_lists_everything():
    net = Net()
    state = OrderedDict(net.state_dict())
    del state["scale"]
    state["extra"] = dualad.zeros(1)
    state["first.bias"] = dualad.zeros(7)
    before = net.first.weight.detach().clone()
    with pytest.raises(RuntimeError) as caught:
        net.load_state_dict(state)
    text = str(caught.value)
    assert text.startswith("Error(s) in loading state_dict for Net:")
    assert 'Missing key(s) in state_dict: "scale"' in text
    assert 'Unexpected key(s) in state_dict: "extra"' in text
    assert "size mismatch for first.bias: copying a param with shape [7] from checkpoint" in text
    assert np.array_equal(net.first.weight.detach().numpy(), before.numpy())
    del state["first.bias"]
    assert net.load_state_dict(state, strict=False) == (["scale", "first.bias"], ["extra"])


def test_modes_apply_and_zero_grad():
    net = Net()
    assert net.training and net.eval() is net and not net.norm.training and net.train().norm.training
    with pytest.raises(ValueError, match="boolean"):
        net.train(1)
    seen = []
    assert net.apply(seen.append) is net
    assert seen == [net.first, net.norm, net]
    net(dualad.randn(5, 3)).sum().backward()
    net.zero_grad(set_to_none=False)
    assert np.array_equal(net.first.bias.grad.numpy(), np.zeros(4))
    net.zero_grad()
    assert net.first.bias.grad is None
    net.requires_grad_(False)
    assert not any(p.requires_grad for p in net.parameters())


def test_casts():
    net = Net().double()
    assert {p.dtype for p in net.parameters()} == {np.dtype("float64")}
    assert net.norm.num_batches_tracked.dtype == np.int64 and net.norm.running_mean.dtype == np.float64
    assert net.to(dualad.float32) is net and net.float().scale.dtype == np.float32
    assert net.to(dualad.zeros(1, dtype=dualad.float64)).scale.dtype == np.float64
    assert net.scale.requires_grad and net.scale.is_leaf
    assert net.to("cpu") is net
    with pytest.raises(TypeError, match="floating point"):
        net.to(dualad.int64)
    with pytest.raises(RuntimeError, match="CPU"):
        net.to("cuda:0")


def test_hooks():
    layer, log = nn.Linear(2, 2), []
    pre = layer.register_forward_pre_hook(lambda module, args: log.append("pre") or (args[0] * 2,))
    post = layer.register_forward_hook(lambda module, args, out: log.append("post") or out + 1)
    x = dualad.randn(3, 2)
    got = layer(x).detach().numpy()
    expected = layer.forward(x * 2).detach().numpy() + 1
    assert np.array_equal(got, expected) and log == ["pre", "post"]
    pre.remove()
    post.remove()
    assert np.array_equal(layer(x).detach().numpy(), layer.forward(x).detach().numpy()) and len(log) == 2


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_copies(copied):
    net = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.Dropout(0.2))
    twin = copied(net)
    assert repr(twin) == repr(net)
    for a, b in zip(net.state_dict().values(), twin.state_dict().values(), strict=True):
        assert np.array_equal(a.numpy(), b.numpy())
    twin[0].weight.data.fill_(0.0)
    assert net[0].weight.detach().numpy().any()
    twin(dualad.randn(4, 2)).sum().backward()
    assert twin[0].weight.grad is not None and net[0].weight.grad is None


def test_copies_keep_sharing():
    net = nn.Module()
    net.a, net.b = nn.Linear(3, 3), nn.Linear(3, 3)
    net.b.weight = net.a.weight
    twin = copy.deepcopy(net)
    assert twin.b.weight is twin.a.weight


def test_sequential():
    net = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
    assert len(net) == 3 and isinstance(net[-1], nn.Linear) and [*net][1] is net[1]
    head = net[:2]
    assert isinstance(head, nn.Sequential) and head[0] is net[0] and len(head) == 2
    net.append(nn.Tanh()).insert(1, nn.Identity())
    assert [type(m).__name__ for m in net] == ["Linear", "Identity", "ReLU", "Linear", "Tanh"]
    assert list(net._modules) == ["0", "1", "2", "3", "4"]
    del net[1]
    assert isinstance(net.pop(-1), nn.Tanh) and len(net) == 3
    net[1] = nn.Sigmoid()
    assert isinstance(net[1], nn.Sigmoid)
    with pytest.raises(IndexError, match="out of range"):
        net[3]
    named = nn.Sequential(OrderedDict(a=nn.Linear(2, 2), b=nn.ReLU()))
    assert named.a is named[0] and list(named[1:]._modules) == ["b"]


def test_containers():
    layers = nn.ModuleList([nn.Linear(1, 1)])
    layers += [nn.ReLU()]
    assert len(layers) == 2 and len(layers + [nn.ReLU()]) == 3 and isinstance(layers[1:], nn.ModuleList)
    table = nn.ModuleDict({"a": nn.Linear(1, 1)})
    table["b"] = nn.ReLU()
    assert list(table) == ["a", "b"] and "a" in table and len(table) == 2
    assert isinstance(table.pop("b"), nn.ReLU) and [n for n, _ in table.named_parameters()] == [
        "a.weight",
        "a.bias",
    ]
    values = nn.ParameterList([dualad.zeros(2), nn.Parameter(dualad.ones(1))])
    assert len(values) == 2 and all(isinstance(p, nn.Parameter) for p in values) and len(values[:1]) == 1
    values[0] = dualad.ones(3)
    assert [p.shape for p in values.parameters()] == [(3,), (1,)]
    assert "Parameter of shape (3,)" in repr(values)


def test_repr_nests():
    net = nn.Sequential(nn.Sequential(nn.Linear(2, 3)), nn.ReLU())
    assert repr(net) == (
        "Sequential(\n"
        "  (0): Sequential(\n"
        "    (0): Linear(in_features=2, out_features=3, bias=True)\n"
        "  )\n"
        "  (1): ReLU()\n"
        ")"
    )


def test_parameter():
    p = nn.Parameter(dualad.ones(2))
    assert isinstance(p, dualad.Tensor) and p.requires_grad and p.is_leaf and p.dtype == np.float32
    assert repr(p).startswith("Parameter containing:\ntensor(")
    assert not isinstance(p * 2, nn.Parameter)
    assert not nn.Parameter(dualad.ones(2), requires_grad=False).requires_grad
    assert isinstance(copy.deepcopy(p), nn.Parameter) and isinstance(
        pickle.loads(pickle.dumps(p)), nn.Parameter
    )
