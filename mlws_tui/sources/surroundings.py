"""What a command would find on this machine today: packages and data. Read from files, nothing is run."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import shutil
import stat
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

_PYTHON = re.compile(r"pythonw?(?P<version>\d+\.\d+|\d|)t?")
_INSTALLED = re.compile(r"(?P<name>.+?)-(?P<version>[^-]+)(-py[\d.]+)?\.(dist|egg)-info")
_PIECE = 1 << 22


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A Python and what is installed in it.

    Attributes:
        path: Where it is.
        version: As far as it is known without running it; empty where it is not.
        packages: Versions by name.
        editable: Folders by the name of a package that is used from where its source is.
    """

    path: Path
    version: str
    packages: Mapping[str, str]
    editable: Mapping[str, str] = field(default_factory=dict)


def interpreter_of(program: str, cwd: Path, path: str | None = None) -> Path | None:
    """The Python that a program is, or that its first line names; None where it has none, or is not there."""
    found = _located(program, cwd, path)
    words = _first_line(found) if found is not None else []
    if not words:  # no script
        return found if found is not None and _PYTHON.fullmatch(found.name) else None
    named = words[1] if Path(words[0]).name == "env" and len(words) > 1 else words[0]
    located = _located(named, cwd, path)
    python = located is not None and located != found and _PYTHON.fullmatch(located.name)
    return located if python and located is not None and not _first_line(located) else None


def _first_line(program: Path) -> list[str]:
    """The words of a script's first line, but for options; none for what is no script."""
    try:
        with program.open("rb") as file:
            line = file.readline(256)
    except OSError:
        return []
    if not line.startswith(b"#!"):
        return []
    return [word for word in line[2:].decode(errors="replace").split() if not word.startswith("-")]


def _located(program: str, cwd: Path, path: str | None) -> Path | None:
    if "/" in program:
        place = cwd / program
        return place if size_of(place) is not None else None
    found = shutil.which(program, path=path)
    return Path(found) if found is not None else None


def look_into(interpreter: Path) -> Interpreter:
    """What is installed in a Python."""
    prefix, version = interpreter.parent.parent, ""
    settings = _settings(prefix)
    folders = list(_folders(prefix))
    if settings is None:
        prefix = interpreter.resolve().parent.parent
        match = _PYTHON.fullmatch(interpreter.resolve().name)
        version = match["version"] if match else ""
        folders = [*_folders(Path.home() / ".local", version), *_folders(prefix, version)]
    else:
        version = settings.get("version") or settings.get("version_info", "")
        if settings.get("include-system-site-packages") == "true":
            folders += _folders(
                Path(settings.get("home", "/usr/bin")).parent, ".".join(version.split(".")[:2])
            )
    if prefix == Path(sys.prefix):
        version = platform.python_version()
    packages: dict[str, str] = {}
    editable: dict[str, str] = {}
    for folder in reversed(
        folders
    ):  # the first folder is looked into first: its packages hide those of later ones
        for entry in _entries(folder):
            if (match := _INSTALLED.fullmatch(entry)) is not None:
                packages[match["name"]] = match["version"]
                if source := _source(folder / entry):
                    editable[match["name"]] = source
    return Interpreter(interpreter, ".".join(version.split(".")[:3]), packages, editable)


def _settings(prefix: Path) -> dict[str, str] | None:
    """What a virtual environment says of itself; None where it is none."""
    try:
        lines = (prefix / "pyvenv.cfg").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None
    return {key.strip(): value.strip() for key, _, value in (line.partition("=") for line in lines)}


def _folders(prefix: Path, version: str = "") -> Iterator[Path]:
    """Where packages are installed below a prefix."""
    for place in (prefix, prefix / "local") if prefix == Path("/usr") else (prefix,):
        for python in sorted(place.glob(f"lib/python{version or '3*'}")):
            yield from (python / "site-packages", python / "dist-packages")
    if prefix == Path("/usr"):
        yield prefix / "lib/python3/dist-packages"


def _entries(folder: Path) -> list[str]:
    try:
        return [entry.name for entry in folder.iterdir()]
    except OSError:
        return []


def _source(record: Path) -> str:
    """Where the source of an editable package is; empty for others."""
    try:
        told = json.loads((record / "direct_url.json").read_bytes())
        if told["dir_info"]["editable"] is True:
            return unquote(urlsplit(told["url"]).path)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return ""
    return ""


def is_there(path: Path) -> bool:
    """Whether there is such a file or folder; what is recorded may be no path at all, or too long for one."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def is_folder(path: Path) -> bool:
    """Whether it is a folder; see `is_there`."""
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def size_of(file: Path) -> int | None:
    """Bytes of a plain file; None where there is none."""
    try:
        found = file.stat()
    except (OSError, ValueError):
        return None
    return found.st_size if stat.S_ISREG(found.st_mode) else None


def sha256_of(file: Path, progress: Callable[[int], None], stop: Callable[[], bool]) -> str:
    """The SHA-256 of a plain file as hexadecimal digits; empty if it was stopped.

    Args:
        file: The file.
        progress: Hears how many bytes more are read, now and then.
        stop: Asked between pieces whether to leave off.

    Raises:
        OSError: if it cannot be read.
    """
    digest = hashlib.sha256()
    descriptor = os.open(file, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb", buffering=0) as opened:
        while data := opened.read(_PIECE):
            if stop():
                return ""
            digest.update(data)
            progress(len(data))
    return digest.hexdigest()
