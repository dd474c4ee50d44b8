"""A small stand-in for MNIST, and a web server on this machine that serves it in good and bad ways."""

import gzip
import hashlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from dualad.data import _download, mnist
from dualad.data._files import DataFile


def idx(array):
    header = b"\x00\x00\x08" + bytes([array.ndim]) + b"".join(n.to_bytes(4, "big") for n in array.shape)
    return header + array.tobytes()


@pytest.fixture
def small(monkeypatch):
    """Four small files under MNIST's names: a dict of name and unpacked content."""
    random = np.random.default_rng(0)
    arrays = {
        "train_images": random.integers(0, 256, (6, 4, 4)),
        "train_labels": random.integers(0, 10, 6),
        "test_images": random.integers(0, 256, (2, 4, 4)),
        "test_labels": random.integers(0, 10, 2),
    }
    contents = {key: idx(array.astype(np.uint8)) for key, array in arrays.items()}
    files = {
        key: DataFile(file.name, len(contents[key]), hashlib.sha256(contents[key]).hexdigest())
        for key, file in mnist.FILES.items()
    }
    monkeypatch.setattr(mnist, "FILES", files)
    return {files[key].name: content for key, content in contents.items()}


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache of this test's own; no folder is named."""
    monkeypatch.delenv("DUALAD_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "dualad" / "mnist"


class Mirror:
    """A server whose answers are set by path, and which remembers what it was asked."""

    def __init__(self):
        self.answers = {}
        self.asked = []
        mirror = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                mirror.asked.append(self.path)
                status, body, promised = mirror.answers.get(self.path, (404, b"", 0))
                self.send_response(status)
                self.send_header("Content-Length", str(promised))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()

    def address(self, folder):
        return f"http://127.0.0.1:{self.server.server_address[1]}/{folder}/"

    def serve(self, folder, name, body, status=200, promised=None):
        path = f"/{folder}/{name}.gz"
        self.answers[path] = (status, body, len(body) if promised is None else promised)

    def serve_all(self, folder, contents, pack=gzip.compress):
        for name, content in contents.items():
            self.serve(folder, name, pack(content))
        return self.address(folder)

    def close(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def mirror(monkeypatch):
    """The server; requests to it never go through a proxy of the machine."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(_download, "_TIMEOUT", 5.0)
    server = Mirror()
    yield server
    server.close()
