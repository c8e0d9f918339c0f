"""Beginning runs: what ``mlws.run``, ``init``, ``log`` and ``finish`` are."""

from __future__ import annotations

import functools
import os
import time
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, ParamSpec

from mlws_tui.domain.events import ENV_RUN_ID, KINDS, STREAM_VERSION
from mlws_tui.sdk import endings, given, ranks
from mlws_tui.sdk.facts import process_facts
from mlws_tui.sdk.notice import never_raise, warn
from mlws_tui.sdk.place import find, log_of
from mlws_tui.sdk.running import Run as Run

if TYPE_CHECKING:
    from pathlib import Path

P = ParamSpec("P")
_initialised: Run | None = None
_begun = 0


class Unnamed(str):
    """What stands in for a name that nobody gave: a run that has one from elsewhere keeps that."""

    __slots__ = ()


_UNNAMED = Unnamed("run")


def _forgiving(begin: Callable[P, Run]) -> Callable[P, Run]:
    """Begin without the options that do not exist; where that fails, hand out a run that records nothing."""
    code = begin.__code__  # inspect.signature would tell the same, but is dear to import
    positional = code.co_argcount
    known = frozenset(code.co_varnames[: positional + code.co_kwonlyargcount])

    @functools.wraps(begin)
    def forgiving(*args: Any, **options: Any) -> Run:
        unknown = [*(name for name in options if name not in known), *args[positional:]]
        if unknown:
            warn(f"mlws.run() has no option {', '.join(map(str, unknown)):.100}; it is ignored")
        options = {name: value for name, value in options.items() if name in known}
        try:
            return begin(*args[:positional], **options)
        except Exception as error:
            warn(f"nothing will be recorded: {type(error).__name__}: {error}")
        name = args[0] if args else options.get("name", "run")
        return Run(None, {"name": str(name), "config": given.over(given.mapping(options.get("config")))})

    return forgiving


@_forgiving
def run(
    name: str = _UNNAMED,
    *,
    kind: str = "training",
    experiment: str | None = None,
    config: Any = None,
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
        config: Hyperparameters and whatever else should be found again: a mapping, or an object whose attributes
            count, such as an ``argparse.Namespace`` or a dataclass. What was given to ``mlws-tui run --config``, or
            changed in a fork, holds over it: so read the run's own `config` afterwards.
        tags: Short labels.
        model: The model that is used or trained.
        dataset: The data.
        resume: Id of a finished run that goes on as a new attempt.
        parent: Id of the run that it was forked from.
        dir: The workspace; by default MLWS_WORKSPACE, the nearest folder above with ``.mlws``, or ``~/ml-workspace``.

    Returns:
        The run. Where nothing can be written a warning is said once and the run records nothing; this never raises.
    """
    root = find(dir)
    fields: dict[str, Any] = {
        name: str(value)
        for name, value in (
            ("experiment", experiment),
            ("model", model),
            ("dataset", dataset),
            ("parent", parent),
        )
        if value is not None
    }
    fields["config"] = given.mapping(config)
    fields["tags"] = [tags] if isinstance(tags, str) else [str(tag) for tag in tags]
    if isinstance(name, Unnamed):
        fields["named"] = False
    return _begin(root, str(name), kind, fields, resume=resume)


def begin_with_log(name: str, root: str, kind: str, path: Path) -> None:
    """Begin a run whose execution log the script writes itself; it ends with the process. Never raises."""
    try:
        _begin(root, name, kind, {"log": path.relative_to(root).as_posix()}, wanted=path.stem)
    except Exception as error:
        warn(f"{path} will not show up as a run: {type(error).__name__}: {error}")


def init(name: str = _UNNAMED, **options: Any) -> Run:
    """Begin a run for the module-level `log` and `finish`; takes what `run` takes. One still open is finished."""
    global _initialised
    if _initialised is not None:
        _initialised.finish()
    _initialised = run(name, **options)
    return _initialised


@never_raise
def log(values: Mapping[str, Any], step: float | None = None, **unknown: object) -> None:
    """Record metrics in the run that was begun last and is still open; see `Run.log`."""
    current = _current()
    if current is None:
        warn("log() without a run is ignored: call mlws.init(name) first")
        return
    current.log(values, step, **unknown)


@never_raise
def finish(status: str = "completed", exit_code: int | None = None) -> None:
    """End the run that was begun last and is still open; see `Run.finish`."""
    current = _current()
    if current is not None:
        current.finish(status, exit_code)


def _current() -> Run | None:
    newest = endings.newest()
    return newest if newest is not None else _initialised


def _begin(
    root: str,
    name: str,
    kind: str,
    fields: Mapping[str, Any],
    *,
    resume: str | None = None,
    wanted: str | None = None,
) -> Run:
    global _begun
    if kind not in KINDS:
        warn(f"unknown kind {kind!r:.40}; one of {', '.join(KINDS)}")
        kind = "training"
    if resume is not None:
        place = ranks.resume_run(root, str(resume), name, kind, _begun)
    else:
        place = ranks.find_run(root, name, kind, _begun, wanted)
    _begun += 1
    now = time.time()
    wrapped = place.run == os.environ.get(ENV_RUN_ID)
    # Below the wrapper, what the script prints is in the wrapper's log in any case.
    log_path = (None if wrapped else fields.get("log")) or log_of(root, place.run, kind)
    header: dict[str, Any] = {
        "type": "run",
        "v": STREAM_VERSION,
        "ts": now,
        "id": place.run,
        "name": name,
        "kind": kind,
        **fields,
        **process_facts(now),
        "role": "rank",
        "rank": ranks.rank(),
        "world_size": ranks.world_size(),
        "attempt": place.attempt,
    }
    if place.launched_by:
        header["launched_by"] = place.launched_by
    if wrapped:
        own = fields.get("config", {})
        header["config"] = given.over(own)
        if untold := given.untold(own):
            header["untold"] = untold
    if wrapped or os.path.isfile(os.path.join(root, log_path)):
        header["log"] = log_path
    return Run(root, header, log=log_path, wrapped=wrapped)
