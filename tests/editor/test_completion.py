"""What is offered while one writes: over a real workspace with runs, logs, session logs and a journal."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime

from mlws_tui.config.load import load_settings
from mlws_tui.config.workspace import Workspace
from mlws_tui.services.completion import Completions
from mlws_tui.services.workbench import Workbench
from tests.runs.kit import begun, ended, record

NOW = datetime(2024, 10, 20, 12, tzinfo=UTC).timestamp()
OLD, NEW = "20241018-100000-qlora", "20241019-100000-lora"
JOURNAL = "# Log\n\n## 2024-10-19\n### Experiments\n- x\n### Odd Ideas\n- y\n"
SESSION = "docs/sessions/2024-10-19-first-lora.md"


@contextlib.asynccontextmanager
async def completions(workspace: Workspace) -> AsyncIterator[Completions]:
    for id, days in ((OLD, 2), (NEW, 1)):
        start = NOW - days * 86_400.0
        record(
            workspace,
            id,
            begun(id, start, name=id[16:], model="llama3.1:8b", tags=["night"], experiment="ablation"),
            ended(start + 60),
        )
    workspace.journal.write_text(JOURNAL)
    for path, text in (("logs/training/out.log", "x\n"), (SESSION, "# Session: First steps\n")):
        (workspace.root / path).parent.mkdir(parents=True, exist_ok=True)
        (workspace.root / path).write_text(text)
    settings, _ = load_settings(workspace)
    async with await Workbench.open(workspace, settings, clock=lambda: NOW) as bench:
        await bench.ingest.catch_up()
        yield bench.completions


async def test_names_are_offered_where_they_are_begun(workspace: Workspace) -> None:
    async with completions(workspace) as known:

        async def texts(marked: str, asked: bool = False) -> list[str]:
            before, _, after = marked.partition("|")
            offers = await known.offers(before + after, len(before), asked=asked)
            return [before[: offer.start] + offer.text for offer in offers]

        assert await texts("- see @lora|") == [f"- see {NEW}", f"- see {OLD}"]
        assert (await texts("- see @|"))[-2:] == [f"- see {NEW}", f"- see {OLD}"]
        assert await texts("2024|") == [NEW, OLD]
        assert await texts("(20241018-1|)") == [f"({OLD}"]
        assert "logs/training/out.log" in await texts("logs/out|")
        assert (await texts("docs/sess|"))[0] == SESSION
        assert await texts("as in [[first|") == ["as in [[2024-10-19-first-lora]]"]
        assert await texts("with llama3|") == ["with llama3.1:8b"]
        assert (await texts("### o|"))[0] == "### Odd Ideas"
        assert await texts("- it is #ni|") == ["- it is #night"]
        for prose in ("the lora run|", "a 1|", "mail a@b|", "### |", "loss was 0.25|", "@lo|ra", ""):
            assert await texts(prose) == [], prose
        assert f"the {NEW}" in await texts("the lora|", asked=True)
        assert "for ablation" in await texts("for abl|", asked=True)
        (first, *_) = await known.offers("@lora", 5)
        assert first.note == "lora · completed · 1d ago"


async def test_a_workspace_of_the_journal_alone(workspace: Workspace) -> None:
    settings, _ = load_settings(workspace)
    async with await Workbench.open(workspace, settings) as bench:
        assert await bench.completions.offers("@lora", 5) == ()
        workspace.journal.unlink(missing_ok=True)
        assert [offer.text for offer in await bench.completions.offers("# Lea", 5)] == ["Learning"]
