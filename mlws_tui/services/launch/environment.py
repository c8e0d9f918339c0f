"""What a run needs besides code and settings: packages, GPUs, driver, system and data, as they are when it begins."""

from __future__ import annotations

import hashlib
import platform
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from mlws_tui.services.launch.facts import find_interpreter
from mlws_tui.sources.gpu.nvml import Nvml, NvmlFault, NvmlUnusable

_ANSWER = 5.0  # seconds that another Python gets to tell where its packages are
_ASK = "import sys; sys.stdout.write('\\n'.join(sys.path))"
_INSTALLED = re.compile(r"(?P<name>.+?)-(?P<version>\d[^-]*)(?:-py[\d.]+)?\.(?:dist|egg)-info")
_SEPARATORS = re.compile(r"[-_.]+")
_DRIVER = Path("/proc/driver/nvidia/version")
_PIECE = 1 << 20


def environment(program: str | None, env: Mapping[str, str]) -> dict[str, Any]:
    """``packages``, ``gpus``, ``driver`` and ``os``, each where it is known. Blocking: for a thread.

    Args:
        program: Path of what is executed.
        env: The command's environment.
    """
    found: dict[str, Any] = {"os": system()}
    interpreter = find_interpreter(program, env)
    if interpreter is not None and (installed := packages(_paths(interpreter, env))):
        found["packages"] = installed
    if _DRIVER.exists():
        found |= graphics(env.get("CUDA_VISIBLE_DEVICES"))
    return found


def packages(paths: Iterable[str]) -> dict[str, str]:
    """Versions by name (lower case, with hyphens) of what is installed in these folders; the first of a name counts."""
    found: dict[str, str] = {}
    for path in paths:
        try:
            names = [entry.name for entry in Path(path).iterdir()]
        except OSError:  # an archive, or a folder that is not there
            continue
        for name in names:
            if match := _INSTALLED.fullmatch(name):
                found.setdefault(_SEPARATORS.sub("-", match["name"]).lower(), match["version"])
    return dict(sorted(found.items()))


def system() -> str:
    """The operating system and its kernel: ``Ubuntu 24.04.1 LTS, Linux 6.8.0``."""
    kernel = f"{platform.system()} {platform.release()}"
    try:
        name = platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        return kernel
    return f"{name}, {kernel}"


def graphics(visible: str | None) -> dict[str, Any]:
    """``gpus`` (names of those that CUDA_VISIBLE_DEVICES grants) and ``driver``; nothing where NVML does not tell."""
    nvml = Nvml()
    try:
        nvml.open()
    except NvmlUnusable:
        return {}
    try:
        known = [_known(nvml, index) for index in range(int(nvml.call("nvmlDeviceGetCount")))]
        return {"gpus": _granted(known, visible), "driver": nvml.driver()}
    except NvmlFault:
        return {}
    finally:
        nvml.close()


def fingerprint(path: Path) -> dict[str, Any]:
    """``path``, ``bytes`` and ``sha256`` of a data file; the last two are None where it cannot be read. Blocking."""
    digest, size = hashlib.sha256(), 0
    try:
        with path.open("rb") as file:
            while piece := file.read(_PIECE):
                digest.update(piece)
                size += len(piece)
    except OSError:
        return {"path": str(path), "bytes": None, "sha256": None}
    return {"path": str(path), "bytes": size, "sha256": digest.hexdigest()}


def _known(nvml: Nvml, index: int) -> tuple[str, str]:
    """A GPU's name and UUID; of one that fell from the bus they are not known."""
    try:
        handle = nvml.call("nvmlDeviceGetHandleByIndex", index)
        return nvml.text("nvmlDeviceGetName", handle), nvml.text("nvmlDeviceGetUUID", handle)
    except NvmlFault:
        return "unknown", ""


def _granted(known: list[tuple[str, str]], visible: str | None) -> list[str]:
    if visible is None:
        return [name for name, _ in known]
    chosen: list[str] = []
    for part in (part.strip() for part in visible.split(",")):
        if part.isdecimal() and int(part) < len(known):
            chosen.append(known[int(part)][0])
        else:
            chosen += [name for name, uuid in known if part and uuid.startswith(part)][:1]
    return chosen


def _paths(interpreter: str, env: Mapping[str, str]) -> list[str]:
    """Where a Python looks for modules, but for the folder of its script."""
    if Path(interpreter).absolute() == Path(sys.executable).absolute():
        return [path for path in sys.path if path]
    try:
        answer = subprocess.run(
            [interpreter, "-c", _ASK],
            env=env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_ANSWER,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return []
    return [path for path in answer.stdout.decode(errors="replace").split("\n") if path]
