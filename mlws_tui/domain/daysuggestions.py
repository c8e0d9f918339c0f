"""The lines that a day's entry could have about models, checkpoints, data, commits and scripts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import PurePosixPath
from urllib.parse import quote

from mlws_tui.domain.dayfacts import Arrived, Checkpoint, Commit, LocalModel
from mlws_tui.domain.runs import Run
from mlws_tui.domain.sizes import size_words
from mlws_tui.domain.suggestions import (
    COMMITTED,
    CREATED,
    DATASET,
    PULLED,
    SAVED,
    WROTE,
    Suggestion,
    linked_run,
    plain_markdown,
    shortened,
)
from mlws_tui.domain.words import counted

#: Whether a line is still to be told: it was not answered, and the entry does not say it.
Left = Callable[[Suggestion], bool]
#: The lines about what was found: of many that are left of a kind, one line for all.
Lines = Callable[[Left], list[Suggestion]]

#: From so many of a kind on, one line tells of all of them.
MANY = 4
#: Characters of a commit's name, and of a message that is as good as its name.
_SHA, _TELLING = 7, 12
_NAME, _SUBJECT = 80, 100  # characters that a line has room for
#: Checkpoints of a run by whose names a line is known to tell of it.
_NAMES = 50
_ABOUT_DATA = ("data", "Data", "dataset", "Dataset")
_SETTINGS = frozenset({".yaml", ".yml"})


def of_commits(repository: str, name: str, commits: Sequence[Commit], left: Left) -> list[Suggestion]:
    """A line for each commit of a repository; one for all where they are many.

    Args:
        repository: Its folder, so that two of the same name are not taken for one.
        name: What it is called.
        commits: Those of the day, newest first, as git lists them.
        left: Which lines are still to be told.
    """
    places = sorted(range(len(commits)), key=lambda place: (commits[place].ts, -place))
    ordered = [(commits[place], _of_commit(name, commits[place])) for place in places]
    kept = [(commit, line) for commit, line in ordered if left(line)]
    single = [line for _, line in kept]
    if len(kept) < MANY:
        return single
    newest = kept[-1][0]
    text = (
        f"Committed: {counted(len(kept), 'commit')} in {plain_markdown(shortened(name, _NAME))}, "
        f"newest {plain_markdown(shortened(newest.subject, _SUBJECT))} `{newest.sha[:_SHA]}`"
    )
    return [_fold(f"commits:{newest.sha}+{len(kept) - 1}", f"repository:{repository}", text, single)]


def _of_commit(name: str, commit: Commit) -> Suggestion:
    subject = shortened(commit.subject, _SUBJECT) or "without a message"
    text = f"Committed: {plain_markdown(subject)} ({plain_markdown(shortened(name, _NAME))}) `{commit.sha[:_SHA]}`"
    told_by = [(commit.sha[:_SHA],)]
    if len(commit.subject) >= _TELLING:
        told_by.append((commit.subject,))
    return Suggestion(
        f"commit:{commit.sha}",
        COMMITTED,
        "Code",
        text,
        commit.ts,
        f"commit:{commit.sha}",
        told_by=tuple(told_by),
    )


def of_all_checkpoints(
    saved: Sequence[tuple[Run, Sequence[Checkpoint]]], day: date, left: Left
) -> list[Suggestion]:
    """A line for each run that saved checkpoints on a day; one for all where they are many.

    Args:
        saved: Runs with what each saved, in order of time.
        day: The day.
        left: Which lines are still to be told.
    """
    lines = [(run, told, of_checkpoints(run, told, day)) for run, told in saved if told]
    kept = [(run, told, line) for run, told, line in lines if left(line)]
    single = [line for _, _, line in kept]
    if len(kept) < MANY:
        return single
    run, newest, _ = max(kept, key=lambda one: one[1][-1].ts)
    count = sum(len({one.path for one in told}) for _, told, _ in kept)
    path = newest[-1].path
    text = (
        f"Saved: {counted(count, 'checkpoint')} of {counted(len(kept), 'run')}, newest {_code(_last(path))} "
        f"of {plain_markdown(shortened(run.name, _NAME))} {linked_run(run)}"
    )
    key = f"checkpoints:{run.id}+{len(kept) - 1}:{day.isoformat()}"
    return [_fold(key, "run:", text, single, path)]


def of_checkpoints(run: Run, saved: Sequence[Checkpoint], day: date) -> Suggestion:
    """One line for the checkpoints that a run saved on a day.

    Args:
        run: The run.
        saved: At least one, in order of time.
        day: The day.
    """
    newest = saved[-1]
    paths = list(dict.fromkeys(one.path for one in saved))
    size = f" ({size_words(newest.bytes)})" if newest.bytes else ""
    name, last = plain_markdown(shortened(run.name, _NAME)), _code(_last(newest.path))
    words = f"checkpoint {last} of {name}{size}"
    if len(paths) > 1:
        words = f"{len(paths)} checkpoints of {name}, newest {last}{size}"
        best = run.best_checkpoint
        words += f", best {_code(_last(best))}" if best and best != newest.path else ""
    told_by: list[tuple[str, ...]] = [(path,) for path in paths[-_NAMES:]]
    for name in dict.fromkeys(_last(path) for path in paths[-_NAMES:]):
        told_by += [(name, word) for word in (run.id, run.name, quote(run.log or "")) if word]
    text = f"Saved: {words} {linked_run(run)}"
    key = f"checkpoints:{run.id}:{day.isoformat()}"
    return Suggestion(
        key, SAVED, "Models", text, newest.ts, f"run:{run.id}", newest.path, told_by=tuple(told_by)
    )


def of_models(models: Sequence[LocalModel], left: Left) -> list[Suggestion]:
    """A line for each model that was pulled or created; one for all that were pulled where they are many."""
    kept = [(model, line) for model in models if left(line := _of_model(model))]
    made = [line for model, line in kept if model.parent]
    pulled = [(model, line) for model, line in kept if not model.parent]
    single = [line for _, line in pulled]
    if len(pulled) < MANY:
        return [*single, *made]
    names = ", ".join(model.name for model, _ in pulled)
    size = size_words(sum(model.bytes for model, _ in pulled))
    text = f"Pulled: {len(pulled)} models ({plain_markdown(shortened(names, 2 * _NAME))}, {size})"
    key = f"models:{min(one.key for one in single)}+{len(single) - 1}"
    return [_fold(key, "model:", text, single), *made]


def _of_model(model: LocalModel) -> Suggestion:
    name = plain_markdown(shortened(model.name, _NAME))
    size = f" ({size_words(model.bytes)})" if model.bytes else ""
    base, _, tag = model.name.rpartition(":")
    told_by = ((model.name,), (base,)) if tag == "latest" and base else ((model.name,),)
    origin = f" from {plain_markdown(shortened(model.parent, _NAME))}" if model.parent else ""
    kind = CREATED if model.parent else PULLED
    text = f"{kind.capitalize()}: {name}{origin}{size}"
    key = f"{kind}:{model.name}@{model.digest[:12]}"
    return Suggestion(key, kind, "Models", text, model.modified, f"model:{model.name}", told_by=told_by)


def of_datasets(arrived: Sequence[Arrived], day: date, left: Left) -> list[Suggestion]:
    """A line for each file or folder of data that came; one for all where they are many."""
    kept = [(one, line) for one in arrived if left(line := _of_dataset(one, day))]
    single = [line for _, line in kept]
    if len(kept) < MANY:
        return single
    newest = max((one for one, _ in kept), key=lambda one: (one.ts, one.path))
    size = size_words(sum(one.bytes for one, _ in kept))
    text = f"Dataset: {len(kept)} came ({size}), newest {_link(newest.path)}"
    return [_fold(f"datasets:{newest.path}+{len(kept) - 1}", "dataset:", text, single, newest.path)]


def _of_dataset(one: Arrived, day: date) -> Suggestion:
    size = size_words(one.bytes)
    files = f"{'over ' if one.more else ''}{counted(one.files, 'file')}"
    if one.grew:
        text = f"Dataset: {_link(one.path)} grew by {files} ({size})"
        key = f"dataset:{one.path}:{day.isoformat()}"
    else:
        text = f"Dataset: {_link(one.path)} ({f'{files}, ' if one.files else ''}{size})"
        key = f"dataset:{one.path}"
    return Suggestion(
        key, DATASET, "Datasets", text, one.ts, f"dataset:{one.path}", one.path, told_by=_by_file(one.path)
    )


def of_first_use(run: Run, dataset: str, left: Left) -> list[Suggestion]:
    """The line about a dataset that a run was the first to use."""
    name = plain_markdown(shortened(dataset, _NAME))
    text = f"Dataset: {name}, first used by {plain_markdown(shortened(run.name, _NAME))} {linked_run(run)}"
    line = Suggestion(
        f"used:{dataset}",
        DATASET,
        "Datasets",
        text,
        run.started or 0.0,
        f"dataset:{dataset}",
        told_by=_by_file(dataset.rstrip("/")),
    )
    return [line] if left(line) else []


def of_scripts(written: Sequence[Arrived], day: date, left: Left) -> list[Suggestion]:
    """A line for each script or file of settings that was written; one for all of a section where they are many."""
    lines = [_of_script(one, day) for one in sorted(written, key=lambda one: (one.ts, one.path))]
    single = [line for line in lines if left(line)]
    found: list[Suggestion] = []
    for section, what in (("Code", "script"), ("Workspace", "settings file")):
        own = [one for one in single if one.section == section]
        if len(own) >= MANY:
            newest = own[-1]
            text = f"Wrote: {counted(len(own), what)}, newest {_link(newest.link)}"
            own = [_fold(f"files:{newest.link}+{len(own) - 1}", "file:", text, own, newest.link)]
        found += own
    return found


def _of_script(one: Arrived, day: date) -> Suggestion:
    section = "Workspace" if PurePosixPath(one.path).suffix in _SETTINGS else "Code"
    return Suggestion(
        f"wrote:{one.path}:{day.isoformat()}",
        WROTE,
        section,
        f"Wrote: {_link(one.path)}",
        one.ts,
        f"file:{one.path}",
        one.path,
        told_by=_by_file(one.path),
    )


def _fold(key: str, source: str, text: str, single: Sequence[Suggestion], link: str = "") -> Suggestion:
    newest = max(single, key=lambda one: (one.ts, one.key))
    covers = tuple(one.key for one in single)
    return Suggestion(key, newest.kind, newest.section, text, newest.ts, source, link, covers)


def _by_file(path: str) -> tuple[tuple[str, ...], ...]:
    """What names a file: its path or name; a name that is any word only where the line is about data."""
    name = _last(path)
    if name != path and name.isalpha():
        return ((path,), (_quoted(path),), *((name, word) for word in _ABOUT_DATA))
    return tuple((word,) for word in dict.fromkeys((path, _quoted(path), name)) if word)


def _link(path: str) -> str:
    """A link to what lies in the workspace, else the path alone: from the journal no link leads there."""
    if path.startswith(("/", "~")):
        return _code(path)
    return f"[{plain_markdown(shortened(_last(path), _NAME))}]({_quoted(path)})"


def _last(path: str) -> str:
    return PurePosixPath(path).name or path


def _code(text: str) -> str:
    """Text between backticks; one that holds what cannot stand there is told as plain text."""
    plain = "`" not in text and text.isprintable() and text == text.strip() and text
    return f"`{text}`" if plain else plain_markdown(text)


def _quoted(path: str) -> str:
    """A path as a link has it; bytes that are no text stay the bytes that they are."""
    try:
        return quote(path, errors="surrogateescape")
    except UnicodeEncodeError:  # no file has such a name
        return quote(path, errors="replace")
