"""NVIDIA's library, opened late and with errors in words. The only module that imports pynvml."""

from __future__ import annotations

import importlib
import warnings
from pathlib import Path
from types import ModuleType
from typing import Any

from mlws_tui.domain.gpus import Problem

#: NVML's return codes that something hangs on (``nvmlReturn_t`` in nvml.h).
UNINITIALIZED, INVALID_ARGUMENT, NOT_SUPPORTED, NO_PERMISSION, NOT_FOUND = 1, 2, 3, 4, 6
DRIVER_NOT_LOADED, LIBRARY_NOT_FOUND, FUNCTION_NOT_FOUND, GPU_IS_LOST, RESET_REQUIRED = 9, 12, 13, 15, 16
OPERATING_SYSTEM, LIB_RM_VERSION_MISMATCH, UNKNOWN = 17, 18, 999

_WORDS = {
    UNINITIALIZED: "the driver was unloaded",
    INVALID_ARGUMENT: "the driver does not know this GPU any more",
    NOT_SUPPORTED: "not supported",
    NO_PERMISSION: "no permission",
    NOT_FOUND: "not found",
    DRIVER_NOT_LOADED: "the driver is not loaded",
    FUNCTION_NOT_FOUND: "the driver is too old to say",
    GPU_IS_LOST: "the GPU is lost",
    RESET_REQUIRED: "the GPU needs a reset",
    OPERATING_SYSTEM: "the operating system blocked the request",
    LIB_RM_VERSION_MISMATCH: "library and kernel module of the driver differ",
    UNKNOWN: "unknown error of the driver",
}


class NvmlFault(Exception):
    """A call into NVML that failed, with NVML's return code and what it means in words."""

    def __init__(self, code: int, words: str = "") -> None:
        self.code = code
        self.words = words or _WORDS.get(code, f"NVML error {code}")
        super().__init__(self.words)


class NvmlUnusable(Exception):
    """There is no library to call at all."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.sentence)
        self.problem = problem


class Nvml:
    """The loaded library. Thread-safe, as NVML is; every call may block, so none belongs on an event loop."""

    def __init__(self) -> None:
        self._module: ModuleType | None = None

    def open(self) -> None:
        """Load and initialise the library.

        Raises:
            NvmlUnusable: with the reason in words that help.
        """
        try:
            self.call("nvmlInit")
        except NvmlFault as fault:
            raise NvmlUnusable(problem_of(fault.code, in_container())) from fault

    def close(self) -> None:
        """Give the library back; failing at that harms nobody, as the process or the driver is at its end."""
        try:
            self.call("nvmlShutdown")
        except NvmlFault:
            return

    def driver(self) -> str:
        """The driver's version.

        Raises:
            NvmlFault: if it does not say.
        """
        return self.text("nvmlSystemGetDriverVersion")

    def call(self, function: str, *arguments: Any) -> Any:
        """Call a function of NVML by its name.

        Raises:
            NvmlFault: with NVML's code; FUNCTION_NOT_FOUND where this driver or nvidia-ml-py lacks it.
        """
        module = self._load()
        target = getattr(module, function, None)
        if target is None:
            raise NvmlFault(FUNCTION_NOT_FOUND)
        try:
            return target(*arguments)
        except module.NVMLError as error:
            raise NvmlFault(error.value) from error
        except module.NVMLLibraryMismatchError as error:
            raise NvmlFault(FUNCTION_NOT_FOUND) from error

    def text(self, function: str, *arguments: Any) -> str:
        """Call a function that answers with text, which need not be UTF-8.

        Raises:
            NvmlFault: as `call` does.
        """
        try:
            return str(self.call(function, *arguments))
        except UnicodeDecodeError as error:
            return bytes(error.object).decode("utf-8", "replace")

    def constant(self, name: str) -> Any:
        """A constant of nvidia-ml-py.

        Raises:
            NvmlFault: FUNCTION_NOT_FOUND where this version lacks it.
        """
        value = getattr(self._load(), name, None)
        if value is None:
            raise NvmlFault(FUNCTION_NOT_FOUND)
        return value

    def _load(self) -> ModuleType:
        if self._module is None:
            # With the abandoned package "pynvml" beside, the import warns on stderr: across the screen.
            warnings.filterwarnings(
                "ignore", message="The pynvml package is deprecated", category=FutureWarning
            )
            try:
                module = importlib.import_module("pynvml")
            except ImportError as error:
                raise NvmlUnusable(
                    Problem("The Python package nvidia-ml-py is missing", "pip install nvidia-ml-py")
                ) from error
            if not hasattr(module, "_nvmlGetFunctionPointer"):
                hint = "pip uninstall pynvml, then pip install --force-reinstall nvidia-ml-py"
                raise NvmlUnusable(Problem("An outdated pynvml stands in the way of nvidia-ml-py", hint))
            self._module = module
        return self._module


def in_container() -> bool:
    """Whether this process runs in a container, by the marks of Docker, Podman and Kubernetes."""
    return any(
        Path(mark).exists()
        for mark in ("/.dockerenv", "/run/.containerenv", "/var/run/secrets/kubernetes.io")
    )


def problem_of(code: int, container: bool) -> Problem:
    """Why NVML could not be opened, and what to do, by its return code."""
    if code == LIBRARY_NOT_FOUND:
        if container:
            return Problem("No GPU driver in this container", "start it with --gpus all")
        return Problem("No NVIDIA driver here", "install it if there is a GPU")
    if code == DRIVER_NOT_LOADED:
        return Problem("The NVIDIA kernel module is not loaded", "sudo modprobe nvidia, then see dmesg")
    if code == LIB_RM_VERSION_MISMATCH:
        return Problem("The NVIDIA driver was updated under the running kernel module", "reboot the host")
    if code == NO_PERMISSION:
        return Problem("No permission to ask the NVIDIA driver", "see who may read /dev/nvidiactl")
    if code == UNKNOWN and container:
        return Problem("The container has lost its GPUs", "restart the container")
    if code == UNKNOWN:
        return Problem("The NVIDIA driver answers with an unknown error", "see dmesg for NVRM and Xid")
    return Problem(f"The NVIDIA driver does not answer: {NvmlFault(code).words}", "see what nvidia-smi says")


#: A driver that works and has nothing to show.
NO_GPU = Problem("The NVIDIA driver is there but sees no GPU", "see lspci and dmesg")
