"""What an agent does, timed and recorded: interactions, tool calls, retries and tokens.

Each is a context manager, ``async with`` included. What is raised inside is recorded and goes on. A tool call, a retry
or tokens count into the interaction that they happen in, also across tasks that were begun in it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextvars import ContextVar, Token
from types import TracebackType
from typing import Any, Self

from mlws_tui.domain.events import encode
from mlws_tui.sdk.notice import never_raise
from mlws_tui.sdk.values import number

Record = Callable[[str, Mapping[str, Any]], None]

#: Characters of a question, an argument or an answer that are recorded.
LONGEST = 20_000

_inside: ContextVar[Interaction | None] = ContextVar("mlws_interaction", default=None)


class _Timed:
    """Something that takes a while and may fail; recorded once, when it is left.

    Attributes:
        latency: Seconds that it took, once it is over.
        ok: Whether it went well; set it to False for a failure that raises nothing.
        error: What went wrong.
    """

    _event = ""

    def __init__(self, record: Record) -> None:
        self._record = record
        self._began = time.perf_counter()
        self.latency = 0.0
        self.ok = True
        self.error: str | None = None

    def __enter__(self) -> Self:
        self._began = time.perf_counter()
        self._enter()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.latency = time.perf_counter() - self._began
        self._leave(error)

    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, trace)

    @never_raise
    def _leave(self, error: BaseException | None) -> None:
        self._exit()
        if error is not None:
            self.ok = False
            self.error = self.error or told(error)
        data = {**self._data(), "latency": self.latency, "ok": self.ok, "error": self.error}
        self._record(self._event, {name: value for name, value in data.items() if value is not None})

    def _enter(self) -> None:
        return

    def _exit(self) -> None:
        return

    def _data(self) -> dict[str, Any]:
        return {}


class Interaction(_Timed):
    """One question to the agent and what came of it.

    Attributes:
        answer: What it answered; set it before the block ends.
        model: The model that answered.
        tool_calls: How many tools it called.
        retries: How often it tried again.
        input_tokens: Tokens that went into models.
        output_tokens: Tokens that came out of them.
    """

    _event = "interaction"

    def __init__(self, record: Record, question: object, model: str | None) -> None:
        super().__init__(record)
        self.question = question
        self.answer: object = None
        self.model = model
        self.tool_calls = 0
        self.retries = 0
        self.input_tokens: float = 0
        self.output_tokens: float = 0
        self._outer: Token[Interaction | None] | None = None

    def _enter(self) -> None:
        self._outer = _inside.set(self)

    def _exit(self) -> None:
        if self._outer is None:
            return
        try:
            _inside.reset(self._outer)
        except ValueError:  # left in another task than it was entered in: that one's own context ends with it
            return
        finally:
            self._outer = None

    def _data(self) -> dict[str, Any]:
        return {
            "question": shown(self.question),
            "answer": shown(self.answer),
            "model": self.model,
            "tool_calls": self.tool_calls,
            "retries": self.retries,
            "input_tokens": self.input_tokens or None,
            "output_tokens": self.output_tokens or None,
        }


class ToolCall(_Timed):
    """One call of a tool.

    Attributes:
        output: What the tool gave; set it before the block ends.
    """

    _event = "tool_call"

    def __init__(self, record: Record, tool: str, arguments: Mapping[str, Any]) -> None:
        super().__init__(record)
        self.tool = tool
        self.arguments = arguments
        self.output: object = None

    def _enter(self) -> None:
        inside = _inside.get()
        if inside is not None:
            inside.tool_calls += 1

    def _data(self) -> dict[str, Any]:
        arguments = {name: shown(value) for name, value in self.arguments.items()}
        return {"tool": self.tool, "arguments": arguments, "output": shown(self.output)}


def retry(
    record: Record, what: str, error: BaseException | str | None, attempt: int | None, wait: float | None
) -> None:
    """Record that something is tried again, in the interaction it happens in."""
    inside = _inside.get()
    if inside is not None:
        inside.retries += 1
    why = told(error) if isinstance(error, BaseException) else error
    data = {"tool": str(what), "attempt": attempt, "error": why, "wait": wait}
    record("retry", {name: value for name, value in data.items() if value is not None})


def tokens(record: Record, came_in: object, came_out: object, model: str | None) -> None:
    """Record what a call of a model used, in the interaction it happens in."""
    into, out = _count(came_in), _count(came_out)
    inside = _inside.get()
    if inside is not None:
        inside.input_tokens += into
        inside.output_tokens += out
        inside.model = inside.model or model
    data = {"input": into, "output": out, "total": into + out, "model": model}
    record("tokens", {name: value for name, value in data.items() if value is not None})


def told(error: BaseException) -> str:
    """An exception in one line: its type and message."""
    try:
        message = str(error)
    except Exception:  # an exception whose own __str__ fails
        message = ""
    return f"{type(error).__name__}: {message}" if message else type(error).__name__


def shown(value: object) -> object:
    """What is recorded of a value: of a long one the beginning of its text, and how much was left out."""
    if isinstance(value, Mapping | list | tuple | set | frozenset):
        text = encode({"": value})[4:-2].decode()  # what stands between {"": and }
        return value if len(text) <= LONGEST else _cut(text)
    if isinstance(value, str) and len(value) > LONGEST:
        return _cut(value)
    return value


def _cut(text: str) -> str:
    return f"{text[:LONGEST]}… ({len(text) - LONGEST} characters left out)"


def _count(value: object) -> float:
    taken = number(value)
    return taken if isinstance(taken, int | float) else 0
