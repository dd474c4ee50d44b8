"""Fetching one data file from the first mirror that serves the right content."""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request
from collections.abc import Sequence

from dualad.data._files import DataFile, unpack
from dualad.data.errors import DataUnavailable

_TIMEOUT = 20.0  # seconds without a byte


def download(expected: DataFile, mirrors: Sequence[str], remedy: str) -> tuple[bytes, bytes]:
    """Fetch ``mirror + name + ".gz"`` from the mirrors, in their order.

    Nothing is written here: content that is not the expected one never reaches the disk.

    Returns
    -------
    tuple of bytes
        The file as served, and its unpacked, verified content.

    Raises
    ------
    DataUnavailable
        No mirror served it; the message names each address with its reason.
    """
    reasons = []
    for mirror in mirrors:
        address = f"{mirror.rstrip('/')}/{expected.name}.gz"
        try:
            raw = _fetch(address, 2 * expected.size + 1024)
            return raw, unpack(raw, expected)
        except (OSError, http.client.HTTPException, ValueError) as error:
            reasons.append(f"{address}: {_reason(error)}")
    listed = "\n".join(f"  {reason}" for reason in reasons) or "  (no mirror was given)"
    raise DataUnavailable(f"could not download {expected.name}:\n{listed}\n{remedy}", tuple(reasons))


def _fetch(address: str, limit: int) -> bytes:
    """The body of an answer, at most `limit` bytes of it, so that no server can fill the memory."""
    request = urllib.request.Request(address, headers={"User-Agent": "dualad"})
    with urllib.request.urlopen(request, timeout=_TIMEOUT) as answer:
        body: bytes = answer.read(limit)
        promised = answer.headers.get("Content-Length")
    # read(limit) reports no early end, unlike read(): so compare with what was announced.
    if promised is not None and promised.isdigit() and len(body) < min(int(promised), limit):
        raise OSError(f"the connection broke off after {len(body):,} of {int(promised):,} bytes")
    return body


def _reason(error: Exception) -> str:
    if isinstance(error, urllib.error.HTTPError):
        return f"HTTP {error.code} {error.reason}"
    if isinstance(error, urllib.error.URLError):
        return str(error.reason)
    return str(error) or type(error).__name__
