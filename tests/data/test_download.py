import gzip
import hashlib
import socket

import pytest

from dualad.data import DataUnavailable, _download
from dualad.data._download import download
from dualad.data._files import DataFile

CONTENT = b"digits" * 500
GOOD = DataFile("numbers", len(CONTENT), hashlib.sha256(CONTENT).hexdigest())
PACKED = gzip.compress(CONTENT)


def closed_address():
    """An address on this machine where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}/"


def test_the_first_good_mirror_wins(mirror):
    mirror.serve("one", "numbers", PACKED)
    mirror.serve("two", "numbers", PACKED)
    assert download(GOOD, [mirror.address("one"), mirror.address("two")], "") == (PACKED, CONTENT)
    assert mirror.asked == ["/one/numbers.gz"]


def test_a_mirror_that_unpacks_on_the_way_is_good(mirror):
    mirror.serve("one", "numbers", CONTENT)
    assert download(GOOD, [mirror.address("one").rstrip("/")], "") == (CONTENT, CONTENT)


def test_bad_mirrors_are_passed_over(mirror):
    mirror.serve("forbidden", "numbers", b"", status=403)
    mirror.serve("wrong", "numbers", gzip.compress(CONTENT.upper()))
    mirror.serve("short", "numbers", PACKED[:-20], promised=len(PACKED))
    mirror.serve("page", "numbers", b"<html>log in first</html>")
    mirror.serve("good", "numbers", PACKED)
    names = ["forbidden", "wrong", "short", "page", "good"]
    raw, content = download(GOOD, [closed_address(), *map(mirror.address, names)], "")
    assert content == CONTENT
    assert mirror.asked == [f"/{name}/numbers.gz" for name in names]


def test_every_address_is_named_with_its_reason(mirror):
    mirror.serve("forbidden", "numbers", b"no", status=403)
    mirror.serve("wrong", "numbers", gzip.compress(CONTENT.upper()))
    mirror.serve("short", "numbers", PACKED[:-20], promised=len(PACKED))
    mirror.serve("page", "numbers", b"<html>log in first</html>")
    closed = closed_address()
    names = ["absent", "forbidden", "wrong", "short", "page"]
    with pytest.raises(DataUnavailable) as caught:
        download(GOOD, [closed, *map(mirror.address, names)], "Do this.")
    first, *middle, last = str(caught.value).splitlines()
    assert first == "could not download numbers:"
    assert last == "Do this."
    assert tuple(line.strip() for line in middle) == caught.value.reasons
    expected = {
        closed: "refused",
        mirror.address("absent"): "HTTP 404",
        mirror.address("forbidden"): "HTTP 403 Forbidden",
        mirror.address("wrong"): "expected content with sha256",
        mirror.address("short"): f"the connection broke off after {len(PACKED) - 20} of {len(PACKED)} bytes",
        mirror.address("page"): "it is a web page",
    }
    for line, (address, reason) in zip(caught.value.reasons, expected.items(), strict=True):
        assert line.startswith(f"{address}numbers.gz: ")
        assert reason in line


def test_a_silent_server_times_out(monkeypatch):
    monkeypatch.setattr(_download, "_TIMEOUT", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        with pytest.raises(DataUnavailable, match="timed out"):
            download(GOOD, [address], "")


def test_a_flood_is_cut_off(mirror):
    mirror.serve("flood", "numbers", b"x" * 100_000)
    with pytest.raises(
        DataUnavailable, match="expected 3,000 bytes of unpacked content, found at least 7,024"
    ):
        download(GOOD, [mirror.address("flood")], "")


def test_no_mirror_and_a_bad_address():
    with pytest.raises(DataUnavailable, match="no mirror was given"):
        download(GOOD, [], "")
    with pytest.raises(DataUnavailable, match="unknown url type"):
        download(GOOD, ["not an address"], "")
