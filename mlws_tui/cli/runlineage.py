"""``mlws-tui runs lineage``: where a run comes from, and what came of it."""

from __future__ import annotations

import time
from typing import Any

import click

from mlws_tui.cli.behind import warn_if_behind
from mlws_tui.cli.documents import run_document
from mlws_tui.cli.output import Session, bench, emit_json, run_async, say
from mlws_tui.domain.endings import word
from mlws_tui.domain.events import plain
from mlws_tui.domain.figures import figure
from mlws_tui.domain.lineage import Lineage, Node, branch, change_words, headline
from mlws_tui.domain.text import safe_text

#: Changes of a fork's config that a row has room for.
_CHANGES = 6


@click.command("lineage")
@click.argument("ref", metavar="RUN")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
@click.pass_obj
def lineage_command(session: Session, ref: str, as_json: bool) -> None:
    """Show the runs that RUN was forked from and those that were forked from it, as a tree."""
    lineage = run_async(_lineage(session, ref))
    if as_json:
        emit_json(document(lineage, time.time()))
        return
    for node in lineage.nodes:
        click.echo(_line(node, lineage.run))
    if lineage.more:
        say(f"{lineage.more:,} more runs hang together with it")


async def _lineage(session: Session, ref: str) -> Lineage:
    async with bench(session) as opened:
        warn_if_behind(await opened.ingest.catch_up())
        return await opened.lineage.of(ref)


def document(lineage: Lineage, now: float) -> dict[str, Any]:
    """The tree as a list, each run after the one above it."""
    return {"run": lineage.run, "nodes": [_node(node, now) for node in lineage.nodes], "more": lineage.more}


def _node(node: Node, now: float) -> dict[str, Any]:
    changes = [{"key": one.key, "before": one.before, "after": one.after} for one in node.changes]
    return {
        "id": node.id,
        "above": node.above,
        "relation": node.relation or None,
        "depth": node.depth,
        "changes": plain(changes),
        "run": None if node.run is None else run_document(node.run, now),
    }


def _line(node: Node, asked: str) -> str:
    here = "  <" if node.id == asked else ""
    if node.run is None:
        return f"{branch(node)}{safe_text(node.id)}  it is gone{here}"
    told = [f"{safe_text(node.run.name)}  {safe_text(node.id)}  {word(node.run)}"]
    if (best := headline(node.run)) is not None:
        told.append(f"{safe_text(best[0])} {figure(best[1], 4)}")
    if node.changes:
        more = f", {len(node.changes) - _CHANGES} more" if len(node.changes) > _CHANGES else ""
        told.append(", ".join(safe_text(change_words(one)) for one in node.changes[:_CHANGES]) + more)
    return f"{branch(node)}{'  '.join(told)}{here}"
