"""Doing a run again as a script for bash: to be read, kept and changed, and run on another machine too."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence

from mlws_tui.domain.reproduction import ReproductionPlan, command_line
from mlws_tui.domain.shellwords import quote
from mlws_tui.domain.text import safe_text

_END = "END_OF_CHANGES"
_PLACE = "\0"  # stands for the working tree's folder, whose name only the running script knows


def script(plan: ReproductionPlan, workspace: str, *, without_diff: bool = False) -> str:
    """The script that does a run again. It makes a working tree beside the checkout, which is not touched.

    Where something stands in the way it does nothing but say so: what it ran would be something else.

    Args:
        plan: How the run would be done again.
        workspace: The folder of its workspace.
        without_diff: Leave the uncommitted changes out.
    """
    obstacles = plan.obstacles(without_diff=without_diff)
    body = _refusal(plan, obstacles) if obstacles else _body(plan, workspace, without_diff)
    return "\n".join([*_head(plan), *body, ""])


def _head(plan: ReproductionPlan) -> Iterator[str]:
    run = plan.run
    yield "#!/usr/bin/env bash"
    yield _comment(f"Does run {run.id} ({run.name}) again.")
    for difference in plan.differences:
        yield _comment(f"Differs today: {difference.words()}")
    for note in plan.notes:
        yield _comment(f"Note: {note}")
    yield "set -euo pipefail"


def _refusal(plan: ReproductionPlan, obstacles: Sequence[str]) -> Iterator[str]:
    for obstacle in obstacles:
        hint = "; --without-diff leaves them out" if obstacle == plan.diff_problem else ""
        yield f"echo {quote(f'Stands in the way: {_line(obstacle)}{hint}')} >&2"
    yield "exit 1"


def _body(plan: ReproductionPlan, workspace: str, without_diff: bool) -> Iterator[str]:
    start = f"mlws-tui --workspace {quote(workspace)}"
    if plan.repository is None:
        yield f"cd {quote(plan.cwd)}"
        words = command_line(plan.command)
    else:
        yield f"repository={quote(str(plan.repository))}"
        folder = quote(f"{workspace}/.mlws/worktrees")
        yield f"mkdir -p -m 700 {folder}"
        yield f"place=$(mktemp -d {folder}/{plan.run.id}-XXXXXX)"
        checkout = f'worktree add --detach "$place" {plan.sha}'
        yield f'git -C "$repository" -c core.hooksPath=/dev/null {checkout}'
        if plan.diff and not without_diff:
            yield from _changes(plan.diff)
        below = "" if plan.below == "." else f"/{quote(plan.below)}"
        yield f'mkdir -p "$place"{below} && cd "$place"{below}'
        words = " ".join(_word(word) for word in plan.command_in(_PLACE))
    options = [f"--shim {quote(','.join(plan.shims))}"] if plan.shims else []
    options += [f"--data {quote(file)}" for file in plan.data]
    yield f"run=$({start} runs fork --quiet {plan.run.id})"
    yield f'exec {start} run --as "$run" {"".join(f"{option} " for option in options)}-- {words}'


def _word(word: str) -> str:
    before, place, after = word.partition(_PLACE)
    if not place:
        return quote(word)
    return f'{quote(before) if before else ""}"$place"{quote(after) if after else ""}'


def _changes(diff: str) -> Iterator[str]:
    """The uncommitted changes: as they are where a terminal can show them, else encoded."""
    apply = 'git -C "$place" apply --whitespace=nowarn -'
    plain = all(character.isprintable() or character in "\n\t" for character in diff) and diff.endswith("\n")
    if plain and _END not in diff:
        yield f"{apply} <<'{_END}'"
        yield f"{diff}{_END}"
        return
    yield f"base64 -d <<'{_END}' | {apply}"
    yield base64.encodebytes(diff.encode("utf-8", "replace")).decode() + _END


def _comment(text: str) -> str:
    return f"# {_line(text)}"


def _line(text: str) -> str:
    return safe_text(" ".join(text.split()))
