"""The page of a run in Markdown, to be pasted where people write."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from mlws_tui.domain.comparetables import code, moment_words, safe
from mlws_tui.domain.endings import told as ending_words
from mlws_tui.domain.figures import duration, figure
from mlws_tui.domain.runpages import RunPageFacts, git_words, gpu_words
from mlws_tui.domain.sizes import size_words
from mlws_tui.domain.text import safe_text
from mlws_tui.domain.words import as_words, leaves

#: What of each part is written down.
_METRICS, _CONFIG, _FILES = 40, 200, 50


def run_markdown(facts: RunPageFacts) -> str:
    """The most asked-for facts of a run, without a line end after them."""
    return "\n".join(_lines(facts))


def _lines(facts: RunPageFacts) -> Iterator[str]:
    run = facts.run
    yield f"## {safe(run.name)}"
    yield ""
    for label, value in (
        ("run", code(run.id)),
        ("state", safe(ending_words(run, facts.now), 200)),
        ("experiment", safe(run.experiment or "")),
        ("started", moment_words(run.started)),
        ("duration", duration(run.duration(facts.now))),
        ("model", safe(run.model or "")),
        ("dataset", safe(run.dataset or "")),
        ("command", f"`{safe_text(shlex.join(run.command))}`" if run.command else ""),
        ("git", safe(git_words(run.git))),
        ("GPUs", safe(", ".join(map(gpu_words, run.gpus)))),
        ("log", code(run.log) if run.log else ""),
    ):
        if value:
            yield f"- {label}: {value}"
    if facts.metrics:
        yield from ("", "| metric | last | best | at step | first |", "| --- | --- | --- | --- | --- |")
        for one in facts.metrics[:_METRICS]:
            best = figure(one.best) if one.best is not None else ""
            at = figure(one.best_step, 4) if one.best is not None else ""
            yield f"| {safe(one.name)} | {figure(one.latest.last)} | {best} | {at} | {figure(one.first)} |"
    if run.config:
        yield from ("", "| setting | value |", "| --- | --- |")
        for number, (key, value) in enumerate(leaves(run.config)):
            if number == _CONFIG:
                yield "| … | |"
                break
            yield f"| {code(key)} | {safe(as_words(value))} |"
    if facts.artifacts:
        yield ""
        for file in facts.artifacts[-_FILES:]:
            size = f", {size_words(file.bytes)}" if file.bytes is not None else ""
            said = f": {safe(file.said)}" if file.said else ""
            yield f"- {code(file.path)}{size}{said}"
    if run.notes:
        yield ""
        yield from (safe_text(line) for line in run.notes.splitlines())
