"""No text from outside is ever run: neither as Python, nor by a shell, nor as what an unpickler makes of it."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import mlws_tui

_BUILTINS = {"eval", "exec", "compile", "__import__", "breakpoint"}
_MODULES = {
    "pickle",
    "cPickle",
    "marshal",
    "shelve",
    "dill",
    "cloudpickle",
    "joblib",
    "code",
    "codeop",
    "runpy",
}
_METHODS = {
    ("os", "system"),
    ("os", "popen"),
    ("yaml", "load"),
    ("yaml", "unsafe_load"),
    ("yaml", "full_load"),
}
_METHODS |= {
    ("subprocess", "getoutput"),
    ("subprocess", "getstatusoutput"),
    ("asyncio", "create_subprocess_shell"),
}
#: Where a module is imported by a name that is not written out: a table of constants in the same file.
_BY_TABLE = {"cli/lazygroup.py", "sdk/shims/loader.py", "cli/app.py", "__init__.py", "sources/gpu/nvml.py"}


@cache
def sources() -> tuple[tuple[str, ast.AST], ...]:
    """Every import and every call of the package, with its file."""
    package = Path(mlws_tui.__file__).parent
    return tuple(
        (path.relative_to(package).as_posix(), node)
        for path in sorted(package.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Import | ast.ImportFrom | ast.Call)
    )


def test_nothing_is_evaluated_unpickled_or_given_to_a_shell() -> None:
    found: list[str] = []
    for file, node in sources():
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = (
                [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
            )
            found += [
                f"{file}:{node.lineno} imports {name}" for name in names if name.partition(".")[0] in _MODULES
            ]
        if not isinstance(node, ast.Call):
            continue
        function = node.func
        if isinstance(function, ast.Name) and function.id in _BUILTINS:
            found.append(f"{file}:{node.lineno} calls {function.id}")
        if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
            called = (function.value.id, function.attr)
            if called in _METHODS:
                found.append(f"{file}:{node.lineno} calls {'.'.join(called)}")
        for word in node.keywords:
            if word.arg == "shell" and not (
                isinstance(word.value, ast.Constant) and word.value.value is False
            ):
                found.append(f"{file}:{node.lineno} asks for a shell")
    assert found == []


def test_modules_are_imported_by_names_in_the_source() -> None:
    found = {
        file
        for file, node in sources()
        if isinstance(node, ast.Call)
        and (
            (isinstance(node.func, ast.Name) and node.func.id == "import_module")
            or (isinstance(node.func, ast.Attribute) and node.func.attr == "import_module")
        )
        and not (node.args and isinstance(node.args[0], ast.Constant))
    }
    assert found <= _BY_TABLE


def test_jinja_is_used_in_the_bounded_process_alone() -> None:
    found = {
        file
        for file, node in sources()
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in (
            [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
        )
        if name.partition(".")[0] == "jinja2"
    }
    assert found == {"services/rendering.py"}
