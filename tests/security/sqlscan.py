"""Finds SQL that is made of anything but words that stand in the source.

A statement is the author's own where each part of it is a constant, a name that only ever holds such parts, a list of
question marks, or what a function of the package returns that does. Everything else is reported with its line.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

_CALLS = ("execute", "executemany", "executescript")
_Function = ast.FunctionDef | ast.AsyncFunctionDef


class Package:
    """The modules of one folder, read together."""

    def __init__(self, folder: Path) -> None:
        self.trees = {path.name: ast.parse(path.read_text()) for path in sorted(folder.glob("*.py"))}
        self.constants: dict[str, list[ast.expr]] = {}
        self.functions: dict[str, list[_Function]] = {}
        for tree in self.trees.values():
            for node in ast.walk(tree):
                if isinstance(node, _Function):
                    self.functions.setdefault(node.name, []).append(node)
            for statement in tree.body:
                for name, value in _assigned(statement):
                    self.constants.setdefault(name, []).append(value)
        self._asked: set[tuple[str, str]] = set()

    def problems(self) -> Iterator[str]:
        """``file:line`` of each call whose statement is not the author's own."""
        for file, tree in self.trees.items():
            for function in [node for node in ast.walk(tree) if isinstance(node, _Function)]:
                for call in _calls(function):
                    if call.args and not self.own(call.args[0], function):
                        yield f"{file}:{call.lineno}: {ast.unparse(call.args[0])[:60]}"

    def own(self, node: ast.expr, function: _Function | None) -> bool:
        """Whether the text of the expression can hold nothing but the author's words."""
        match node:
            case ast.Constant():
                return True
            case ast.JoinedStr():
                parts = [part for part in node.values if isinstance(part, ast.FormattedValue)]
                return all(self.own(part.value, function) for part in parts)
            case ast.BinOp():  # two texts, or "?" * count
                return self.own(node.left, function) and (
                    isinstance(node.op, ast.Mult) or self.own(node.right, function)
                )
            case ast.IfExp():
                return self.own(node.body, function) and self.own(node.orelse, function)
            case ast.BoolOp():
                return all(self.own(value, function) for value in node.values)
            case ast.Tuple() | ast.List():
                return all(self.own(element, function) for element in node.elts)
            case ast.Dict():
                return all(self.own(value, function) for value in node.values)
            case ast.Starred() | ast.Subscript():
                return self.own(node.value, function)
            case ast.GeneratorExp() | ast.ListComp():
                return self._own_comprehension(node, function)
            case ast.Name():
                return self._own_name(node.id, function)
            case ast.Attribute():  # a field of a dataclass of numbers, a member of a constant
                return node.attr.isupper() or self.own(node.value, function)
            case ast.Call():
                return self._own_call(node, function)
        return False

    def _own_comprehension(self, node: ast.GeneratorExp | ast.ListComp, function: _Function | None) -> bool:
        if self.own(node.elt, function):
            return True
        looped = {
            name.id for one in node.generators for name in ast.walk(one.target) if isinstance(name, ast.Name)
        }
        used = {name.id for name in ast.walk(node.elt) if isinstance(name, ast.Name)}
        return used <= looped and all(self.own(one.iter, function) for one in node.generators)

    def _own_call(self, node: ast.Call, function: _Function | None) -> bool:
        if isinstance(node.func, ast.Attribute) and node.func.attr in ("format", "join", "get"):
            key = node.func.attr == "get"  # the key chooses among the author's words, and is none of them
            given = [*node.args[key:], *(word.value for word in node.keywords)]
            return self.own(node.func.value, function) and all(self.own(each, function) for each in given)
        if isinstance(node.func, ast.Name) and node.func.id in ("int", "float", "len"):
            return True  # a number is no text
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        return bool(self.functions.get(name)) and self._own_results(name)

    def _own_results(self, name: str) -> bool:
        """Whether what functions of that name return first is own text."""
        if ("returns", name) in self._asked:
            return True
        self._asked.add(("returns", name))
        try:
            results = [
                (node.value.elts[0] if isinstance(node.value, ast.Tuple) else node.value, function)
                for function in self.functions[name]
                for node in ast.walk(function)
                if isinstance(node, ast.Return) and node.value is not None
            ]
            return bool(results) and all(self.own(value, function) for value, function in results)
        finally:
            self._asked.discard(("returns", name))

    def _own_name(self, name: str, function: _Function | None) -> bool:
        if function is not None:
            values = list(_values_of(name, function))
            if values:
                key = (function.name, name)
                if key in self._asked:  # where = f"{where} AND …"
                    return True
                self._asked.add(key)
                try:
                    return all(self.own(value, function) for value in values)
                finally:
                    self._asked.discard(key)
            if name in [argument.arg for argument in _arguments(function)]:
                return self._own_argument(name, function)
        values = self.constants.get(name, [])
        return bool(values) and all(self.own(value, None) for value in values)

    def _own_argument(self, name: str, function: _Function) -> bool:
        """Whether every call in the package gives own text for it."""
        position = [argument.arg for argument in _arguments(function)].index(name)
        given: list[tuple[ast.expr, _Function]] = []
        for tree in self.trees.values():
            for caller in [node for node in ast.walk(tree) if isinstance(node, _Function)]:
                for call in [node for node in ast.walk(caller) if isinstance(node, ast.Call)]:
                    called = (
                        call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
                    )
                    if called != function.name:
                        continue
                    named = [word.value for word in call.keywords if word.arg == name]
                    given += [(value, caller) for value in named or call.args[position : position + 1]]
        return bool(given) and all(self.own(value, caller) for value, caller in given)


def _calls(function: _Function) -> Iterator[ast.Call]:
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _CALLS:
            yield node


def _arguments(function: _Function) -> list[ast.arg]:
    return [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]


def _assigned(statement: ast.stmt) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(statement, ast.Assign):
        for target in statement.targets:
            yield from _bound(target, statement.value)
    elif isinstance(statement, ast.AnnAssign | ast.AugAssign) and statement.value is not None:
        yield from _bound(statement.target, statement.value)


def _bound(target: ast.expr, value: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(target, ast.Name):
        yield target.id, value
    elif isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        for each, its in zip(target.elts, value.elts, strict=False):
            yield from _bound(each, its)
    elif isinstance(target, ast.Tuple) and target.elts and isinstance(target.elts[0], ast.Name):
        yield target.elts[0].id, value  # of what a function returns, the text comes first


def _values_of(name: str, function: _Function) -> Iterator[ast.expr]:
    """Everything that is put under a name in a function: assigned, looped over, appended."""
    for node in ast.walk(function):
        if isinstance(node, ast.stmt):
            yield from (value for bound, value in _assigned(node) if bound == name)
        if (
            isinstance(node, ast.For | ast.comprehension)
            and isinstance(node.target, ast.Name)
            and node.target.id == name
        ):
            yield node.iter
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in ("append", "extend")
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id == name
        ):
            yield from node.args
