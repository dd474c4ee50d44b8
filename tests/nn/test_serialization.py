"""Saving and loading: round trips, the format, damage, full disks."""

import errno
import json
import os
from collections import OrderedDict

import numpy as np
import pytest

import dualad
from dualad import nn, optim
from dualad.serialization import CheckpointError, load, save


def same(a, b):
    assert type(a) is type(b) or {type(a), type(b)} == {dict, OrderedDict}
    if isinstance(a, dict):
        assert list(a) == list(b)
        for k in a:
            same(a[k], b[k])
    elif isinstance(a, (list, tuple)):
        assert len(a) == len(b)
        for x, y in zip(a, b, strict=True):
            same(x, y)
    elif isinstance(a, (dualad.Tensor, np.ndarray, np.generic)):
        assert a.dtype == b.dtype and a.shape == b.shape
        assert np.array_equal(np.asarray(a), np.asarray(b), equal_nan=a.dtype.kind in "fc")
    else:
        assert a == b or a != a


def test_round_trip(tmp_path):
    tree = {
        "a": dualad.tensor([[1.0, np.nan], [np.inf, -0.0]]),
        "a.b": np.arange(3, dtype=np.int16),
        "b": [1, 2.5, float("inf"), "text", None, True, (np.float32(1.5), np.array(2 + 1j))],
        3: {"deep": {"empty": np.zeros((0, 2), np.float16), "bits": np.array([True, False])}},
        "nothing": {},
        "a#1": dualad.tensor(7),
        "big endian": np.arange(3, dtype=">f4").astype("f4"),
        "strided": np.arange(12.0).reshape(3, 4)[:, ::2].T,
    }
    save(tree, tmp_path / "tree.st")
    same(load(tmp_path / "tree.st"), tree)
    assert os.listdir(tmp_path) == ["tree.st"]


def test_training_goes_on_bit_for_bit(tmp_path):
    x, y = dualad.randn(8, 3), dualad.randint(2, (8,))

    def start():
        dualad.manual_seed(0)
        m = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 2))
        return m, optim.Adam(m.parameters(), lr=0.1, amsgrad=True)

    def train(m, opt, steps):
        for _ in range(steps):
            opt.zero_grad()
            nn.functional.cross_entropy(m(x), y).backward()
            opt.step()

    m, opt = start()
    train(m, opt, 3)
    save({"model": m.state_dict(), "optimizer": opt.state_dict(), "epoch": 3}, tmp_path / "run.st")
    twin, twin_opt = start()
    saved = load(tmp_path / "run.st")
    twin.load_state_dict(saved["model"])
    twin_opt.load_state_dict(saved["optimizer"])
    assert saved["epoch"] == 3
    train(m, opt, 3)
    train(twin, twin_opt, 3)
    for a, b in zip(m.state_dict().values(), twin.state_dict().values(), strict=True):
        np.testing.assert_array_equal(a.numpy(), b.numpy())


def test_loaded_arrays_are_writable_and_native(tmp_path):
    save({"w": dualad.ones(2)}, tmp_path / "w.st")
    w = load(tmp_path / "w.st")["w"].numpy()
    w += 1
    assert w.dtype.isnative and w.tolist() == [2.0, 2.0]


def test_it_is_a_safetensors_file(tmp_path):
    save({"w": dualad.tensor([1.0, 2.0], dtype=dualad.float32), "n": dualad.tensor(3)}, tmp_path / "w.st")
    raw = (tmp_path / "w.st").read_bytes()
    n = int.from_bytes(raw[:8], "little")
    header = json.loads(raw[8 : 8 + n])
    assert n % 8 == 0 and header["w"]["dtype"] == "F32" and header["w"]["shape"] == [2]
    start, stop = header["w"]["data_offsets"]
    assert np.frombuffer(raw[8 + n :][start:stop], "<f4").tolist() == [1.0, 2.0]
    assert all(isinstance(v, str) for v in header["__metadata__"].values())


def test_files_of_other_programs(tmp_path):
    header = json.dumps({"x": {"dtype": "F64", "shape": [1], "data_offsets": [0, 8]}}).encode()
    (tmp_path / "x.st").write_bytes(len(header).to_bytes(8, "little") + header + np.array([2.5]).tobytes())
    loaded = load(tmp_path / "x.st")
    assert isinstance(loaded["x"], dualad.Tensor) and loaded["x"].tolist() == [2.5]


def damaged(raw):
    n = int.from_bytes(raw[:8], "little")
    yield "is empty", b""
    yield "truncated", raw[:5]
    yield "truncated", raw[: 8 + n // 2]
    yield "truncated", raw[:-1]
    yield "longer", raw + b"x"
    yield "checksum", raw[:-3] + bytes([raw[-3] ^ 1]) + raw[-2:]
    yield "header is corrupt", raw[:20] + b"\x00" + raw[21:]
    yield "no safetensors file", b"PK\x03\x04" + raw
    yield "no safetensors file", b"not weights at all, but some text"
    yield "bytes", raw.replace(b'"shape":[2]', b'"shape":[3]')
    yield "dtype", raw.replace(b'"F64"', b'"Q64"')


def test_damage_is_named(tmp_path):
    path = tmp_path / "w.st"
    save({"w": dualad.tensor([1.0, 2.0])}, path)
    for text, raw in damaged(path.read_bytes()):
        path.write_bytes(raw)
        with pytest.raises(CheckpointError, match=text) as caught:
            load(path)
        assert str(path) in str(caught.value) and "save it again" in str(caught.value)


def test_every_truncation_is_noticed(tmp_path):
    path = tmp_path / "w.st"
    save({"w": dualad.tensor([1.0, 2.0]), "n": 3}, path)
    raw = path.read_bytes()
    for n in range(len(raw)):
        path.write_bytes(raw[:n])
        with pytest.raises(CheckpointError):
            load(path)


def test_what_cannot_be_saved(tmp_path):
    path = tmp_path / "x.st"
    for bad, text in (
        ({"a": [0, nn.Linear(1, 1)]}, "Linear at 'a.1'.*state_dict"),
        ({1.5: 0}, "keys of dicts"),
        (np.array(["text"]), "dtype <U4"),
    ):
        with pytest.raises(TypeError, match=text):
            save(bad, path)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("failing", ["fsync", "replace"])
def test_a_failed_save_changes_nothing(tmp_path, monkeypatch, failing):
    path = tmp_path / "w.st"
    save({"w": dualad.ones(2)}, path)
    before = path.read_bytes()

    def full(*args):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, failing, full)
    with pytest.raises(OSError, match="No space left") as caught:
        save({"w": dualad.zeros(2)}, path)
    assert (
        caught.value.errno == errno.ENOSPC and str(path) in str(caught.value) and "free" in str(caught.value)
    )
    assert path.read_bytes() == before and os.listdir(tmp_path) == ["w.st"]


def test_interrupted(tmp_path, monkeypatch):
    def interrupt(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        save({"w": dualad.ones(2)}, tmp_path / "w.st")
    assert os.listdir(tmp_path) == []


def test_links_are_followed(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link.st").symlink_to(tmp_path / "real" / "w.st")
    save({"w": dualad.ones(2)}, tmp_path / "link.st")
    assert (tmp_path / "link.st").is_symlink() and load(tmp_path / "real" / "w.st")["w"].tolist() == [1, 1]
