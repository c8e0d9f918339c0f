"""The models that a local Ollama server holds, asked over HTTP. Everything here blocks: for a thread."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from mlws_tui.domain.dayfacts import LocalModel

_PORT = 11434
#: Bytes of an answer that are read: a server with thousands of models stays far below.
_MOST = 8_000_000
#: A server listens there on every address; one asks it on its own machine.
_ANY = frozenset({"0.0.0.0", "::", ""})  # noqa: S104 - nothing is bound


def address(host: str) -> str:
    """The URL of the server that ``OLLAMA_HOST`` names, as Ollama itself reads it; empty where it names none."""
    text = host.strip().strip("'\"")
    scheme, _, rest = text.rpartition("://")
    try:
        parts = urlsplit(f"{scheme or 'http'}://{rest}")
        port = parts.port
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https"):
        return ""
    name = "127.0.0.1" if (parts.hostname or "") in _ANY else parts.hostname or ""
    usual = {"http": 80, "https": 443}[parts.scheme] if scheme else _PORT
    shown = f"[{name}]" if ":" in name else name
    return f"{parts.scheme}://{shown}:{port if port is not None else usual}{parts.path.rstrip('/')}"


def models(url: str, timeout: float = 1.0) -> list[LocalModel] | None:
    """The models that a server holds; None where no server answers in time, or not as Ollama does.

    Args:
        url: Of the server, from `address`.
        timeout: Seconds for connecting, and for each piece of the answer; twice that for all of it.
    """
    if not url:
        return None
    import urllib.request  # with all that it needs it is large, and here this is another thread
    from http.client import HTTPException

    # asked directly: a proxy of the shell is not for a server on this machine or beside it
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + 2 * timeout
    data = bytearray()
    try:
        with opener.open(f"{url}/api/tags", timeout=timeout) as answer:
            while piece := answer.read1(1 << 16):
                data += piece
                if len(data) > _MOST or time.monotonic() > deadline:
                    return None
        told = json.loads(data)
    except (OSError, HTTPException, ValueError, RecursionError):
        return None
    listed = told.get("models") if isinstance(told, Mapping) else None
    if not isinstance(listed, list):
        return None
    return [model for one in listed if (model := _model(one)) is not None]


def _model(told: Any) -> LocalModel | None:
    if not isinstance(told, Mapping):
        return None
    name, modified = told.get("name") or told.get("model"), _moment(told.get("modified_at"))
    if not isinstance(name, str) or not name or modified is None:
        return None
    size, digest, details = told.get("size"), told.get("digest"), told.get("details")
    parent = details.get("parent_model") if isinstance(details, Mapping) else ""
    return LocalModel(
        name,
        modified,
        size if isinstance(size, int) and not isinstance(size, bool) and size > 0 else 0,
        parent if isinstance(parent, str) else "",
        digest if isinstance(digest, str) else "",
    )


def _moment(text: object) -> float | None:
    """Unix seconds of an RFC 3339 time; Go writes up to nine digits of a second."""
    if not isinstance(text, str):
        return None
    try:
        return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError, OSError):
        return None
