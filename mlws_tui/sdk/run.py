"""A run, as a training script sees it. Nothing here raises into training or waits for anything but one `write()`."""

from __future__ import annotations

import functools
import os
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, ParamSpec, Self

from mlws_tui.domain.events import KINDS, STREAM_VERSION, STREAMS_DIR, encode, is_run_id, plain
from mlws_tui.sdk import endings, ranks
from mlws_tui.sdk.facts import process_facts
from mlws_tui.sdk.place import claim, find
from mlws_tui.sdk.stream import StreamWriter
from mlws_tui.sdk.summary import Summary
from mlws_tui.sdk.values import flatten, number

if TYPE_CHECKING:
    import logging
    from pathlib import Path

P = ParamSpec("P")
_json_keys: dict[str, str] = {}
_current: Run | None = None
_kept: list[Run] = []
_begun = 0


def _never_raise(method: Callable[P, None]) -> Callable[P, None]:
    """Tell a failure of ours once on stderr and let training go on."""

    @functools.wraps(method)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            method(*args, **kwargs)
        except Exception as error:
            warn(f"{method.__name__}() was ignored: {type(error).__name__}: {error}")

    return guarded


_told: set[str] = set()


def warn(text: str) -> None:
    """Say something on stderr, each text once a process."""
    if text in _told:
        return
    _told.add(text)
    try:
        print(f"mlws: {text}", file=sys.stderr)
    except (OSError, ValueError):  # stderr is closed or its disk full: there is nobody to tell
        return


class Run:
    """One run. Make it with `run` or `init`; use it as a context manager or call `finish`.

    Attributes:
        id: The run's id, also its log's name; empty where no stream could be opened.
        name: What the script calls it.
        config: The configuration as it was given.
        log_file: Path of the execution log (written by `logger`, or by ``mlws-tui run``).
        summary: A mapping whose changes are recorded as results of the run.
    """

    def __init__(self, name: str, root: str, place: ranks.Place, header: dict[str, Any], kind: str) -> None:
        self.id = place.run
        self.name = name
        self.config: Mapping[str, Any] = header.get("config") or {}
        self.log_file = os.path.join(root, "logs", kind, f"{place.run}.log")
        self.summary = Summary(self._set_summary)
        self._root = root
        self._header = header
        self._wrapped = place.joined and "MLWS_RUN_ID" in os.environ
        self._pid = os.getpid()
        self._step = 0
        self._finished = False
        self._ending = threading.Lock()
        self._logger: logging.Logger | None = None
        self._writer: StreamWriter | None = StreamWriter(root, place.run, self._child_header)
        self._writer.write(header)
        endings.watch(self)

    def log(self, values: Mapping[str, Any], step: float | None = None) -> None:
        """Record metrics, e.g. ``run.log({"loss": 0.452}, step=1)``.

        Args:
            values: Numbers by name; nested mappings are joined by ``/``; scalars of NumPy or PyTorch are taken. NaN and
                infinities are kept. What is no number is left out, with one warning a name.
            step: The training step; one more than the last by default.
        """
        try:
            writer = self._writer
            if writer is None or self._finished:
                warn(f"log() after the end of run {self.id} was ignored")
                return
            if type(step) is not int:
                step = self._next_step(step)
            self._step = step  # type: ignore[assignment]
            parts = []
            for name, value in values.items():
                # The common case by hand: json.dumps would take half of the time that a step may cost.
                if type(value) is float and value - value == 0.0:
                    parts.append(f"{_json_keys.get(name) or _json_key(name)}{value!r}")
                else:
                    parts.extend(_encoded(name, value))
            if parts:
                now = time.time()
                line = f'{{"type":"metrics","ts":{now:.6f},"step":{step},"values":{{{",".join(parts)}}}}}\n'
                writer.write_line(line.encode())
        except Exception as error:
            warn(f"log() was ignored: {type(error).__name__}: {error}")

    @_never_raise
    def progress(
        self, step: float, total: float | None = None, epoch: float | None = None, epochs: float | None = None
    ) -> None:
        """Record how far the run is, in steps (and epochs where it counts them)."""
        fields = {
            "step": number(step),
            "total": number(total),
            "epoch": number(epoch),
            "epochs": number(epochs),
        }
        self._write("progress", {name: value for name, value in fields.items() if value is not None})

    @_never_raise
    def artifact(self, path: str | os.PathLike[str], kind: str = "file") -> None:
        """Record a file that the run made: a checkpoint, a result. The file stays where it is."""
        full = os.path.abspath(os.fspath(path))
        size = os.path.getsize(full) if os.path.isfile(full) else None
        shown = os.path.relpath(full, self._root) if full.startswith(self._root + os.sep) else full
        self._write("artifact", {"path": shown, "kind": kind, "bytes": size})

    @_never_raise
    def event(self, name: str, **data: Any) -> None:
        """Record that something happened: an interaction, a tool call, a phase, with its data."""
        self._write("event", {"name": name, "data": data})

    @_never_raise
    def alert(self, title: str, text: str = "", level: str = "warning") -> None:
        """Record something that a person should look at. `level` is ``info``, ``warning`` or ``error``."""
        self._write("alert", {"level": level, "title": title, "text": text})

    @_never_raise
    def note(self, text: str) -> None:
        """Record a remark in words."""
        self._write("note", {"text": text})

    @property
    def logger(self) -> logging.Logger:
        """A logger whose lines go to the run's execution log; below ``mlws-tui run`` to stdout, which is that log."""
        if self._logger is None:
            from mlws_tui.sdk.logging import run_logger

            self._logger = run_logger(self.id or self.name, None if self._wrapped else self.log_file)
        return self._logger

    def finish(
        self,
        status: str = "completed",
        exit_code: int | None = None,
        *,
        signal: int | None = None,
        error: Mapping[str, str] | None = None,
    ) -> None:
        """End the run: ``completed``, ``failed`` or ``stopped``.

        Only the first call counts, and only in the process that began it.
        """
        with self._ending:
            if self._finished:
                return
            self._finished = True
        endings.forget(self)
        if self._pid == os.getpid():
            fields = {"status": status, "exit_code": exit_code, "signal": signal, "error": error}
            try:
                self._write("end", fields, last=True)
            except Exception as failure:
                warn(f"the end of run {self.id} was not recorded: {failure}")
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

    def _set_summary(self, values: Mapping[str, Any]) -> None:
        self._write("set", {"by": "sdk", "summary": plain(values)})

    def _write(self, kind: str, fields: Mapping[str, Any], *, last: bool = False) -> None:
        if self._writer is None or (self._finished and not last):
            warn(f"{kind} after the end of run {self.id} was ignored")
            return
        self._writer.write({"type": kind, "ts": time.time(), **fields})

    def _child_header(self) -> dict[str, Any]:
        return {**self._header, **process_facts(time.time()), "ts": time.time(), "role": "child"}


class _NoRun(Run):
    """Stands in where no stream can be opened: training goes on, nothing is recorded."""

    def __init__(self, name: str, config: Mapping[str, Any]) -> None:
        self.id = ""
        self.name = name
        self.config = config
        self.log_file = ""
        self.summary = Summary(lambda values: None)
        self._wrapped = False
        self._writer = None
        self._finished = False
        self._logger = None
        self._pid = os.getpid()
        self._ending = threading.Lock()

    def log(self, values: Mapping[str, Any], step: float | None = None) -> None:
        return None

    def _write(self, kind: str, fields: Mapping[str, Any], *, last: bool = False) -> None:
        return None


def _json_key(name: object) -> str:
    text = encode(str(name))[:-1].decode() + ":"  # type: ignore[arg-type]  # any JSON value encodes
    if isinstance(name, str) and len(_json_keys) < 10_000:
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
    return [f'{_json_key(name)}"{taken}"' if isinstance(taken, str) else f"{_json_key(name)}{taken!r}"]


def run(
    name: str = "run",
    *,
    kind: str = "training",
    experiment: str | None = None,
    config: Mapping[str, Any] | None = None,
    tags: Iterable[str] = (),
    model: str | None = None,
    dataset: str | None = None,
    resume: str | None = None,
    parent: str | None = None,
    dir: str | os.PathLike[str] | None = None,
) -> Run:
    """Begin a run, or join the one that this process belongs to (its launch's, or that of ``mlws-tui run``).

    Args:
        name: What to call it; its id is made from it and the time.
        kind: ``experiments``, ``training`` or ``agents``; unknown kinds count as training.
        experiment: Name of the experiment it belongs to, made if new.
        config: Hyperparameters and whatever else should be found again.
        tags: Short labels.
        model: The model that is used or trained.
        dataset: The data.
        resume: Id of a finished run that goes on as a new attempt.
        parent: Id of the run that it was forked from.
        dir: The workspace; by default MLWS_WORKSPACE, the nearest folder above with ``.mlws``, or ``~/ml-workspace``.

    Returns:
        The run. Where nothing can be written a warning is said once and the run records nothing; this never raises.
    """
    given = {"experiment": experiment, "model": model, "dataset": dataset, "parent": parent}
    try:
        return _begin(str(name), kind, config or {}, tags, resume, dir, given)
    except Exception as error:
        warn(f"nothing will be recorded: {type(error).__name__}: {error}")
        return _NoRun(str(name), config or {})


def _begin(
    name: str,
    kind: str,
    config: Mapping[str, Any],
    tags: Iterable[str],
    resume: str | None,
    dir: str | os.PathLike[str] | None,
    given: Mapping[str, str | None],
    log: str | None = None,
) -> Run:
    global _begun
    root = find(dir)
    if kind not in KINDS:
        warn(f"unknown kind {kind!r:.40}; one of {', '.join(KINDS)}")
        kind = "training"
    attempt = 1
    if resume is not None:
        place, attempt = _resumed(root, resume, name, kind)
    else:
        place = ranks.find_run(root, name, kind, _begun)
    _begun += 1
    now = time.time()
    header: dict[str, Any] = {
        "type": "run",
        "v": STREAM_VERSION,
        "ts": now,
        "id": place.run,
        "name": name,
        "kind": kind,
    }
    header |= {key: value for key, value in given.items() if value is not None}
    header |= {"config": plain(config), "tags": [str(tag) for tag in tags], **process_facts(now)}
    header |= {"role": "rank", "rank": ranks.rank(), "world_size": ranks.world_size(), "attempt": attempt}
    if place.launched_by:
        header["launched_by"] = place.launched_by
    header["log"] = log or f"logs/{kind}/{place.run}.log"
    return Run(name, root, place, header, kind)


def _resumed(root: str, resume: str, name: str, kind: str) -> tuple[ranks.Place, int]:
    folder = os.path.join(root, STREAMS_DIR, resume)
    if not is_run_id(resume) or not os.path.isdir(folder):
        warn(f"there is no run {resume!r:.100} to resume; a new one is begun")
        return ranks.Place(claim(root, name, kind), joined=False), 1
    return ranks.Place(resume, joined=True), 1 + endings.last_attempt(folder)


def begin_with_log(name: str, root: str, kind: str, path: Path) -> None:
    """Begin a run whose execution log is written by the script itself; it ends with the process."""
    try:
        relative = path.relative_to(root).as_posix()
        _kept.append(_begin(name, kind, {}, (), None, root, {}, relative))
    except Exception as error:
        warn(f"{path} will not show up as a run: {type(error).__name__}: {error}")


def init(name: str = "run", **options: Any) -> Run:
    """Begin a run for the module-level `log` and `finish`; takes what `run` takes. One still open is finished."""
    global _current
    if _current is not None:
        _current.finish()
    _current = run(name, **options)
    return _current


def log(values: Mapping[str, Any], step: float | None = None) -> None:
    """Record metrics in the run that `init` began."""
    if _current is None:
        warn("log() without a run: call mlws.init(name) first")
        return
    _current.log(values, step)


def finish(status: str = "completed", exit_code: int | None = None) -> None:
    """End the run that `init` began."""
    global _current
    if _current is not None:
        _current.finish(status, exit_code)
        _current = None
