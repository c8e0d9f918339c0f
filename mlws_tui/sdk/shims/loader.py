"""Finds what stands in for a tracker, in whatever Python runs the command. Each shim executes this file.

It must be readable by any Python 3, so that an older one gets a sentence and the real module.
"""

import importlib
import importlib.util
import os
import sys
from typing import Any

_NEEDED = (3, 11)
_PACKAGE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def calls(name: str, folder: str) -> Any:
    """The module of ours with that tracker's calls; None where the real module is in ``sys.modules`` instead.

    Args:
        name: The tracker's module.
        folder: The shim's folder on the module path.

    Raises:
        ImportError: if this Python is too old and the real module is not there either.
    """
    if sys.version_info < _NEEDED:
        _let_through(name, folder)
        return None
    if not _importable():
        _take_ours()
    return importlib.import_module("mlws_tui.sdk.compat." + name)


def _importable() -> bool:
    """Whether the command's Python has mlws-tui itself."""
    try:
        return importlib.util.find_spec("mlws_tui.sdk.compat") is not None
    except ImportError:
        return False


def _take_ours() -> None:
    """Make our package known by its path alone: nothing that lies beside it becomes importable."""
    spec: Any = importlib.util.spec_from_file_location(
        "mlws_tui", os.path.join(_PACKAGE, "__init__.py"), submodule_search_locations=[_PACKAGE]
    )
    module = importlib.util.module_from_spec(spec)
    sys.modules["mlws_tui"] = module
    spec.loader.exec_module(module)


def _let_through(name: str, folder: str) -> None:
    needed = ".".join(map(str, _NEEDED))
    sys.stderr.write("mlws: --shim {} needs Python {} or newer; the real one is used\n".format(name, needed))  # noqa: UP032
    sys.path[:] = [place for place in sys.path if os.path.abspath(place or ".") != folder]
    del sys.modules[name]
    importlib.invalidate_caches()
    importlib.import_module(name)
