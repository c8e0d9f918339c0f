"""A run, as a training script sees it. Nothing here raises into training or waits for anything but one `write()`."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from mlws_tui.domain.events import STREAM_VERSION, encode, plain
from mlws_tui.sdk import agents, endings, files, given
from mlws_tui.sdk.facts import process_facts
from mlws_tui.sdk.notice import never_raise, warn
from mlws_tui.sdk.stream import StreamWriter
from mlws_tui.sdk.summary import Summary
from mlws_tui.sdk.values import flatten, number

if TYPE_CHECKING:
    import logging

_STATUSES = ("completed", "failed", "stopped")
_KEYS_KEPT = 10_000
#: Whole numbers beyond this are written as floats: an index holds 64 bits.
_BIG = 2**63
_json_keys: dict[str, str] = {}


class Run:
    """One run. `mlws.run` and `mlws.init` make it; use it as a context manager or call `finish`.

    Attributes:
        id: The run's id, also its log's name; empty where no stream could be opened.
        name: What the script calls it.
        config: The configuration as it is recorded, with what was given to ``mlws-tui run`` put over the script's own.
        log_file: Path of the execution log (written by `logger`, or by ``mlws-tui run``).
        summary: A mapping whose changes are recorded as results of the run.

    Args:
        root: The workspace's folder; None for a run that records nothing.
        header: The `run` record. It names the log only where there is one, so that no reader waits for it.
        log: Where the execution log is or would be, relative to the workspace.
        wrapped: Whether ``mlws-tui run`` writes this run's log from what the script prints.

    Raises:
        OSError: if the stream cannot be opened.
    """

    def __init__(
        self, root: str | None, header: Mapping[str, Any], *, log: str = "", wrapped: bool = False
    ) -> None:
        self.id: str = header.get("id", "")
        self.name: str = header["name"]
        self.config: Mapping[str, Any] = header.get("config", {})
        self.log_file = os.path.join(root, log) if root else ""
        self.summary = Summary(self._set_summary)
        self._root = root or ""
        self._header = header
        self._log = log
        self._wrapped = wrapped
        self._untold: list[str] = header.get("untold", [])
        self._pid = os.getpid()
        self._step: float = 0
        self._finished = False
        # Re-entrant: SIGTERM's handler may end the run in the middle of the main thread's own `finish`.
        self._ending = threading.RLock()
        self._logger: logging.Logger | None = None
        self._writer: StreamWriter | None = None
        if root:
            self._writer = StreamWriter(root, self.id, self._child_header)
            self._writer.write(header)
            endings.watch(self)

    @property
    def finished(self) -> bool:
        """Whether the run has ended; what is logged then is ignored."""
        return self._finished

    @never_raise
    def log(self, values: Mapping[str, Any], step: float | None = None, **unknown: object) -> None:
        """Record metrics, e.g. ``run.log({"loss": 0.452}, step=1)``.

        Args:
            values: Numbers by name; nested mappings are joined by ``/``; scalars of NumPy or PyTorch are taken. NaN and
                infinities are kept. What is no number is left out, with one warning a name.
            step: The training step; one more than the last by default.
            unknown: Options of other trackers; they are ignored with one warning.
        """
        if unknown:
            warn(f"log() has no option {', '.join(unknown)}; the values are recorded")
        writer = self._writer
        if writer is None or self._finished:
            self._too_late("log()")
            return
        if type(step) is not int or not -_BIG < step < _BIG:
            step = self._next_step(step)
        self._step = step
        parts = []
        for name, value in values.items():
            # The common case by hand: json.dumps would take half of the time that a step may cost.
            kind = type(value)
            if (kind is float and value - value == 0.0) or (kind is int and -_BIG < value < _BIG):
                parts.append(f"{_json_keys.get(name) or _json_key(name)}{value!r}")
            else:
                parts.extend(_encoded(name, value))
        if parts:
            now = time.time()
            line = f'{{"type":"metrics","ts":{now:.6f},"step":{step},"values":{{{",".join(parts)}}}}}\n'
            writer.write_line(line.encode())

    @never_raise
    def progress(
        self, step: float, total: float | None = None, epoch: float | None = None, epochs: float | None = None
    ) -> None:
        """Record how far the run is, in steps (and epochs where it counts them)."""
        given = {"step": step, "total": total, "epoch": epoch, "epochs": epochs}
        fields = {name: number(value) for name, value in given.items() if value is not None}
        self._write("progress", {name: value for name, value in fields.items() if value is not None})

    @never_raise
    def configure(self, values: Any, *, actual: bool = False) -> None:
        """Add to the configuration, e.g. what is known only once the model is made.

        Args:
            values: As the `config` of `mlws.run`: a mapping, or an object whose attributes count.
            actual: Whether they are in use already, as a framework tells them. Then they are recorded as they are, with
                a warning where another value was given; else what was given holds over them.
        """
        told = given.mapping(values)
        held = given.over({**self.config, **told}) if self._wrapped else told
        for key in told:
            if actual and held[key] != told[key]:
                warn(f"{key} was given as {held[key]!r:.60}, but the script uses {told[key]!r:.60}")
        left = given.untold(told, self._untold)
        if left != self._untold:
            self._untold = left
            self._write("run", {"untold": left})
        new = told if actual else {key: held[key] for key in told}
        known = self.config
        changed = {key: item for key, item in new.items() if key not in known or known[key] != item}
        self.config = {**known, **changed}
        if changed:
            self._write("set", {"by": "sdk", "config": changed})

    @never_raise
    def artifact(self, path: str | os.PathLike[str], kind: str = "file", *, hash: bool = False) -> None:  # noqa: A002
        """Record a file or folder that the run made: a checkpoint, a result. It stays where it is.

        Args:
            path: The file; it may be outside of the workspace.
            kind: What it is: ``checkpoint``, ``config``, ``image`` …
            hash: Whether to record the file's SHA-256. That reads all of it, and the script waits for that.
        """
        full = files.resolved(path)
        inside = self._root and full.startswith(self._root + os.sep)
        fields: dict[str, Any] = {
            "path": os.path.relpath(full, self._root) if inside else full,
            "kind": str(kind),
            "bytes": files.size(full),
        }
        if hash and os.path.isfile(full):
            fields["sha256"] = files.sha256(full)
        self._write("artifact", fields)

    @never_raise
    def event(self, name: str, given: Mapping[str, Any] | None = None, /, **data: Any) -> None:
        """Record that something happened: an interaction, a tool call, a phase.

        Args:
            name: What happened.
            given: Its data as a mapping.
            data: Its data by name.
        """
        self._write("event", {"name": str(name), "data": {**(given or {}), **data}})

    def interaction(self, question: object, *, model: str | None = None) -> agents.Interaction:
        """A block in which an agent answers a question; recorded with its time, tool calls, retries and tokens.

        Set `answer` in it. An exception is recorded and goes on. ``async with`` works, too.
        """
        return agents.Interaction(self._happened, question, model)

    def tool(self, name: str, /, **arguments: Any) -> agents.ToolCall:
        """A block in which an agent calls a tool; recorded with its time and error. Set `output` in it."""
        return agents.ToolCall(self._happened, str(name), arguments)

    @never_raise
    def retry(
        self,
        what: str,
        error: BaseException | str | None = None,
        *,
        attempt: int | None = None,
        wait: float | None = None,
    ) -> None:
        """Record that something failed and is tried again, after `wait` seconds; `attempt` is the one that failed."""
        agents.retry(self._happened, what, error, attempt, wait)

    @never_raise
    def tokens(self, input: float = 0, output: float = 0, model: str | None = None) -> None:  # noqa: A002
        """Record how many tokens went into a model and came out of it."""
        agents.tokens(self._happened, input, output, model)

    @never_raise
    def alert(self, title: str, text: str = "", level: str = "warning") -> None:
        """Record something that a person should look at. `level` is ``info``, ``warning`` or ``error``."""
        self._write("alert", {"level": str(level), "title": str(title), "text": str(text)})

    @never_raise
    def describe(
        self,
        *,
        name: str | None = None,
        notes: str | None = None,
        tags_add: Sequence[str] = (),
        tags_remove: Sequence[str] = (),
    ) -> None:
        """Change what the run is called or what is said of it. A name that a person gave stays."""
        said = {"name": name, "notes": notes, "tags_add": list(tags_add), "tags_remove": list(tags_remove)}
        fields = {field: value for field, value in said.items() if value not in (None, [])}
        if fields:
            self.name = name or self.name
            self._write("set", {"by": "sdk", **fields})

    @never_raise
    def note(self, text: str) -> None:
        """Record a remark in words."""
        self._write("note", {"text": str(text)})

    @property
    def logger(self) -> logging.Logger:
        """A logger whose lines go to the run's execution log; below ``mlws-tui run`` to stdout, which is that log."""
        if self._logger is None:
            from mlws_tui.sdk.logging import run_logger

            self._logger = run_logger(self.id or self.name, self.log_file, to_stdout=self._wrapped)
            self._tell_log()
        return self._logger

    @never_raise
    def finish(
        self,
        status: str = "completed",
        exit_code: int | None = None,
        *,
        signal: int | None = None,
        error: Mapping[str, str] | None = None,
    ) -> None:
        """End the run. Only the first call counts, and only in the process that began it.

        Args:
            status: ``completed``, ``failed`` or ``stopped``.
            exit_code: How the script ends, where that is known.
            signal: Number of the signal that ends it.
            error: ``type``, ``message`` and ``traceback`` of why it failed.
        """
        if status not in _STATUSES:
            taken = "failed" if exit_code else "completed"
            warn(f"a run does not end as {status!r:.40} ({', '.join(_STATUSES)}); it is recorded as {taken}")
            status = taken
        if self._pid != os.getpid():  # a forked child: the lock may be one that nobody will release
            self._finished = True
        else:
            with self._ending:
                if self._finished:
                    return
                self._finished = True
            ending = {"status": status, "exit_code": exit_code, "signal": signal, "error": error}
            if self._writer is not None:
                self._writer.write_last({"type": "end", "ts": time.time(), **ending})
        endings.forget(self)
        if self._writer is not None:
            self._writer.close()
        if self._logger is not None:
            from mlws_tui.sdk.logging import close

            close(self._logger)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self.finish()
        else:
            self.finish(**endings.of_exception(error))

    def _next_step(self, given: object) -> float:
        if given is None:
            return self._step + 1
        value = number(given)
        if isinstance(value, int | float):
            return value
        warn(f"step {given!r:.60} is no number; counting on from the last step")
        return self._step + 1

    @never_raise
    def _set_summary(self, values: Mapping[str, Any]) -> None:
        self._write("set", {"by": "sdk", "summary": plain(values)})

    def _happened(self, name: str, data: Mapping[str, Any]) -> None:
        self._write("event", {"name": name, "data": data})

    def _write(self, kind: str, fields: Mapping[str, Any]) -> None:
        if self._finished:
            self._too_late(kind)
        elif self._writer is not None:
            self._writer.write({"type": kind, "ts": time.time(), **fields})

    @never_raise
    def _tell_log(self) -> None:
        """Record where the log is, once the logger has made it."""
        if self._finished or "log" in self._header or not os.path.isfile(self.log_file):
            return
        self._header = {**self._header, "log": self._log}
        self._write("run", {"v": STREAM_VERSION, "id": self.id, "log": self._log})

    def _too_late(self, what: str) -> None:
        if self._finished:
            warn(f"{what} after the end of run {self.id or self.name} was ignored")

    def _child_header(self) -> dict[str, Any]:
        now = time.time()
        return {**self._header, **process_facts(now), "ts": now, "role": "child"}


def _json_key(name: object) -> str:
    text = encode({"": str(name)})[4:-2].decode() + ":"  # what stands between {"": and }
    if isinstance(name, str) and len(_json_keys) < _KEYS_KEPT:
        _json_keys[name] = text
    return text


def _encoded(name: str, value: object) -> list[str]:
    """The JSON pairs of one value, or of all values of a nested mapping."""
    if isinstance(value, Mapping):
        return [part for key, item in flatten(value, f"{name}/") for part in _encoded(key, item)]
    taken = number(value)
    if taken is None:
        warn(f"metric {name!r:.60} is no number ({type(value).__name__}) and is left out")
        return []
    return [
        f'{_json_keys.get(name) or _json_key(name)}"{taken}"'
        if isinstance(taken, str)
        else f"{_json_keys.get(name) or _json_key(name)}{taken!r}"
    ]
