"""What the journal offers to say about runs: the lines, what becomes of them, the pane and commands that offer them."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from textual.app import App, ComposeResult
from textual.pilot import Pilot

from mlws_tui.cli.main import main
from mlws_tui.config.load import load_settings
from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.changes import FileChanged
from mlws_tui.domain.runs import Latest, Run, RunError, RunState
from mlws_tui.domain.suggestions import Suggestion, mentioned, of_run, plain_markdown
from mlws_tui.services.workbench import Workbench
from mlws_tui.ui.panes.journal import JournalPane
from tests.journal.panes import until
from tests.runs.kit import alive, begun, ended, metrics, record
from tests.runs.kit import until as reached

DAY = date(2024, 10, 20)
DAWN = datetime(2024, 10, 20, tzinfo=UTC).timestamp()
NOON = DAWN + 12 * 3600
DONE, BROKEN, LIVE = "20241020-080000-sentiment", "20241020-090000-qwen-dpo", "20241020-100000-llama-ft"
LOG = "# Log\n\n## 2024-10-20\n\n### Experiments\n* a thought\n\n### Next Steps\n* b\n"
DONE_LINE = f"Completed: sentiment (acc 0.873, 22m44s, 0.8 GPU-h) [log](logs/training/{DONE}.log)"
BROKEN_LINE = f"Failed: qwen-dpo (CUDA out of memory at step 410, 7m00s) `{BROKEN}`"
STARTED_LINE = f"Started: llama-ft (llama3.1:8b) `{LIVE}`"


def happened(workspace: Workspace) -> None:
    """Three runs of the day: one done, one broken, one at work."""
    gpus = [{"index": 0, "name": "H200"}, {"index": 1, "name": "H200"}]
    record(
        workspace,
        DONE,
        begun(DONE, DAWN + 8 * 3600, log=f"logs/training/{DONE}.log", gpus=gpus),
        *(metrics(step, DAWN + 8 * 3600 + step, acc=step / 1000, loss=1 / step) for step in (400, 873)),
        ended(DAWN + 8 * 3600 + 1364),
    )
    error = {"type": "RuntimeError", "message": "CUDA out of memory"}
    record(
        workspace,
        BROKEN,
        begun(BROKEN, DAWN + 9 * 3600),
        metrics(410, DAWN + 9 * 3600 + 400, loss=0.7),
        ended(DAWN + 9 * 3600 + 420, "failed", error=error),
    )
    record(workspace, LIVE, begun(LIVE, DAWN + 10 * 3600, model="llama3.1:8b", **alive()))


@contextlib.asynccontextmanager
async def opened(workspace: Workspace, now: float = NOON) -> AsyncIterator[Workbench]:
    settings, _ = load_settings(workspace)
    async with await Workbench.open(workspace, settings, clock=lambda: now) as bench:
        await bench.ingest.catch_up()
        yield bench


async def lines(bench: Workbench, day: date = DAY) -> list[str]:
    return [one.text for one in await bench.suggestions.of_day(day)]


# the lines


async def test_a_day_is_offered_what_happened_to_runs_in_order_of_time(workspace: Workspace) -> None:
    happened(workspace)
    workspace.journal.write_text(LOG)
    async with opened(workspace) as bench:
        assert await lines(bench) == [DONE_LINE, BROKEN_LINE, STARTED_LINE]
        first = (await bench.suggestions.of_day())[0]
        assert (first.kind, first.section, first.run, first.link) == (
            "completed",
            "Experiments",
            DONE,
            f"logs/training/{DONE}.log",
        )
        assert first.told == "Completed: sentiment (acc 0.873, 22m44s, 0.8 GPU-h)"
        assert await lines(bench, date(2024, 10, 19)) == []
        assert await lines(bench, date.max) == []


async def test_what_the_entry_says_is_not_offered_and_a_start_does_not_tell_the_end(
    workspace: Workspace,
) -> None:
    happened(workspace)
    workspace.journal.write_text(
        LOG.replace(
            "a thought",
            f"Started: {DONE}\n* see logs/training/x.log\n* {BROKEN} ran out of memory\n* {LIVE}!",
        )
    )
    async with opened(workspace) as bench:
        assert await lines(bench) == [DONE_LINE]
    workspace.journal.write_text(LOG.replace("a thought", f"good: [it](logs/training/{DONE}.log)"))
    async with opened(workspace) as bench:
        assert await lines(bench) == [BROKEN_LINE, STARTED_LINE]


async def test_many_runs_of_an_experiment_are_offered_as_one_line_first(workspace: Workspace) -> None:
    runs = [f"20241020-08000{n}-sw-{n}" for n in range(5)]
    gpus = [{"index": 0, "name": "H200"}]
    for n, run in enumerate(runs):
        start = DAWN + 3600 * n
        facts = {"experiment": "sweep", "gpus": gpus}
        record(workspace, run, begun(run, start, **facts), ended(start + 1800))
        record(workspace, run, metrics(1, start + 1, **{"val/loss": 0.5 - n % 3 / 10}))
    record(
        workspace, "20241020-090000-fails", begun("20241020-090000-fails", DAWN + 9000, experiment="sweep")
    )
    error = {"type": "KeyError", "message": "'warmup_ratio'"}
    record(
        workspace,
        "20241020-090000-fails",
        metrics(30, DAWN + 9001, loss=1),
        ended(DAWN + 9002, "failed", error=error),
    )
    async with opened(workspace) as bench:
        offered = await bench.suggestions.of_day()
        assert offered[0].told == "Completed: 5 runs of sweep (best val/loss 0.300 in sw-2, 4h30m, 2.5 GPU-h)"
        assert [one.run for one in offered[1:]] == [*runs[:3], "20241020-090000-fails", *runs[3:]]
        assert "Failed: fails (KeyError: 'warmup_ratio' at step 30, 2s)" in [one.told for one in offered]
        taken = await bench.suggestions.find("all")
        assert [one.kind for one in taken] == ["completed", "failed"]
        await bench.suggestions.put_aside([offered[1]])
        (fewer, *rest) = await bench.suggestions.of_day()
        assert fewer.told.startswith("Completed: 4 runs of sweep") and len(rest) == 5
        await bench.suggestions.accept(fewer, DAY)
        assert [one.kind for one in await bench.suggestions.of_day()] == ["failed"]
        assert workspace.journal.read_text().count("4 runs of sweep") == 1


@pytest.mark.parametrize("longer", [f"{DONE}-2", f"x{DONE}", f"{DONE}_b"])
def test_a_longer_id_is_another_run(longer: str) -> None:
    one = Suggestion("completed:x", "completed", "Experiments", "", 0.0, f"run:{DONE}")
    assert not mentioned(one, f"- Completed: {longer}")
    assert mentioned(one, f"- Completed: ({DONE}), at last")


def test_agents_have_a_section_of_their_own_and_an_attempt_a_line_of_its_own() -> None:
    run = Run("20241020-080000-x", "x", "agents", RunState.STOPPED, started=1.0, ended=62.0)
    first, second = (of_run(replace(run, attempt=n), 0.0, 100.0, 99.0) for n in (1, 2))
    assert first is not None and second is not None
    assert first.section == "Agents" and first.text == "Stopped: x (1m01s) `20241020-080000-x`"
    assert first.key != second.key
    assert of_run(run, 62.5, 100.0, 99.0) is None
    assert of_run(replace(run, state=RunState.LOST), 0.0, 100.0, 99.0) is None


@given(st.text(max_size=120), st.text(max_size=120), st.text(max_size=30))
def test_whatever_runs_say_stays_text_on_one_line(name: str, why: str, metric: str) -> None:
    run = Run(
        "20241020-080000-x",
        name,
        "training",
        RunState.FAILED,
        started=1.0,
        ended=2.0,
        error=RunError("E", why),
        latest={metric: Latest(1.0, 3, 1.5, 1.0, 1.0, 1.0, 1)},
        log="logs/training/a (b)[c].log",
    )
    for one in (run, replace(run, state=RunState.COMPLETED)):
        told = of_run(one, 0.0, 10.0, 5.0)
        assert told is not None and "\n" not in told.text and "\r" not in told.text
        (inline,) = [token for token in MarkdownIt().parse(f"- {told.text}") if token.type == "inline"]
        kinds = [child.type for child in inline.children or ()]
        assert kinds == ["text", "link_open", "text", "link_close"], told.text
        assert mentioned(told, f"- {told.text}")


@given(st.text(alphabet="ab_*`[]<>\\|~& !#", max_size=30))
def test_escaped_text_reads_as_it_was(text: str) -> None:
    shown = MarkdownIt().renderInline(f"x {plain_markdown(text)} x")
    assert shown == "x {} x".format(
        " ".join(text.split()).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    ).replace("x  x", "x  x")


# what becomes of them


async def test_an_accepted_line_is_written_in_the_style_of_the_day_and_offered_no_more(
    workspace: Workspace,
) -> None:
    happened(workspace)
    workspace.journal.write_text(LOG)
    async with opened(workspace) as bench:
        one, two, three = await bench.suggestions.of_day(DAY)
        assert await bench.suggestions.accept(one, DAY) == "Experiments"
        assert workspace.journal.read_text() == LOG.replace("a thought", f"a thought\n* {DONE_LINE}")
        assert await bench.suggestions.accept(one, DAY) == "Experiments"  # again: it is there already
        assert workspace.journal.read_text().count(DONE_LINE) == 1
        await bench.suggestions.put_aside([two])
        assert await bench.suggestions.of_day(DAY) == [three]
        workspace.journal.write_text(LOG)  # taken out by hand: it is not offered again
        assert await bench.suggestions.of_day(DAY) == [three]
    async with opened(workspace) as bench:
        assert await lines(bench) == [STARTED_LINE]


async def test_a_proposal_is_the_entry_with_the_line_in_its_place(workspace: Workspace) -> None:
    happened(workspace)
    workspace.journal.write_text(LOG)
    async with opened(workspace) as bench:
        one = (await bench.suggestions.of_day(DAY))[0]
        proposal = await bench.suggestions.propose(one, DAY)
        assert proposal.text == f"### Experiments\n* a thought\n* {DONE_LINE}\n\n### Next Steps\n* b"
        assert proposal.text[: proposal.end].endswith(DONE_LINE)
        workspace.journal.write_text("# Log\n\n## 2024-10-19\n\n- x\n\n---\n\n## 2024-10-18\n\n- y\n")
        proposal = await bench.suggestions.propose(one, DAY)
        assert (proposal.base, proposal.text) == ("", f"### Experiments\n- {DONE_LINE}")


async def test_nothing_is_written_unasked_unless_the_settings_say_so(workspace: Workspace) -> None:
    happened(workspace)
    workspace.journal.write_text(LOG)
    async with opened(workspace) as bench:
        await bench.start()
        await bench.suggestions.of_day()
        assert workspace.journal.read_text() == LOG
    workspace.config.write_text("journal:\n  auto: [completed, failed]\n")
    async with opened(workspace) as bench:
        await bench.start()
        await reached(lambda: BROKEN_LINE in workspace.journal.read_text())
        await reached(lambda: _only(bench, STARTED_LINE))
    text = workspace.journal.read_text()
    assert text == LOG.replace("a thought", f"a thought\n* {DONE_LINE}\n* {BROKEN_LINE}")
    async with opened(workspace) as bench:
        await bench.start()
        assert await lines(bench) == [STARTED_LINE]
    assert workspace.journal.read_text() == text


def test_a_kind_that_there_is_not_is_told_and_nothing_is_written_unasked(workspace: Workspace) -> None:
    for wrong, shown in (("[done]", "['done']"), ("completed", "'completed'"), ("[{a: 1}]", "['…']")):
        workspace.config.write_text(f"journal:\n  auto: {wrong}\n")
        settings, (problem,) = load_settings(workspace)
        assert settings.journal.auto == ()
        assert (
            f"line 2: journal.auto must be a list of started, completed, failed or stopped, not {shown}"
            in (problem.title)
        )


async def _only(bench: Workbench, line: str) -> bool:
    return await lines(bench) == [line]


# the pane


class Seat(App[None]):
    """The journal pane over a workbench."""

    CSS = "JournalPane { border: round $border; height: 1fr; }"

    def __init__(self, bench: Workbench) -> None:
        super().__init__()
        self.bench = bench
        self.pane = JournalPane(bench.hub, bench.journal, bench.suggestions)

    def compose(self) -> ComposeResult:
        yield self.pane

    @property
    def text(self) -> str:
        strips = self.screen._compositor.render_strips()
        return "\n".join("".join(segment.text for segment in strip) for strip in strips)


@contextlib.asynccontextmanager
async def seated(workspace: Workspace, columns: int = 60) -> AsyncIterator[tuple[Seat, Pilot[None]]]:
    happened(workspace)
    workspace.journal.write_text(LOG)
    async with opened(workspace) as bench:
        app = Seat(bench)
        async with app.run_test(size=(columns, 20)) as pilot:
            app.pane.editor.focus()
            await until(lambda: "a accept" in app.text, pilot)
            yield app, pilot


async def test_the_pane_offers_takes_and_puts_aside(workspace: Workspace) -> None:
    async with seated(workspace) as (app, pilot):
        assert "✦ 1/3  ✓ Completed: sentiment (acc 0.8" in app.text
        assert "a accept · e edit · x dismiss · s next · A all" in app.text
        await pilot.press("s")
        await until(lambda: "✦ 2/3  ✗ Failed: qwen-dpo" in app.text, pilot)
        await pilot.press("x")
        await until(lambda: "2 of 2 suggestions  ▸ Started" in app.text, pilot)
        await pilot.press("u")
        await until(lambda: "✦ 2/3  ✗ Failed: qwen-dpo" in app.text, pilot)
        assert workspace.journal.read_text() == LOG
        await pilot.press("x")
        await until(lambda: "2 of 2 suggestions  ▸ Started" in app.text, pilot)
        await pilot.press("A")
        await until(lambda: "2 lines added under Experiments" in app.text, pilot)
        await until(lambda: "accept" not in app.text, pilot)
        expected = LOG.replace("a thought", f"a thought\n* {DONE_LINE}\n* {STARTED_LINE}")
        assert workspace.journal.read_text() == expected
        assert DONE_LINE in app.pane.editor.text
        app.pane.editor.move_cursor((0, 0))
        await pilot.press("u")  # both lines in one step, and they are offered again
        await until(lambda: "✦ 1/2  ✓ Completed" in app.text, pilot)
        assert workspace.journal.read_text() == LOG
        await pilot.press("ctrl+r")
        await until(lambda: "accept" not in app.text, pilot)
        assert workspace.journal.read_text() == expected
        await pilot.press("u")
        await until(lambda: "✦ 1/2  ✓ Completed" in app.text, pilot)
        workspace.journal.write_text(LOG.replace("b", "another app's"))
        await pilot.press("a")  # what another app wrote meanwhile is no part of the step
        await until(lambda: "added under Experiments" in app.text, pilot)
        assert DONE_LINE in app.pane.editor.document.get_line(app.pane.editor.cursor_location[0])
        await pilot.press("u")
        await until(lambda: "✦ 1/2  ✓ Completed" in app.text, pilot)
        assert workspace.journal.read_text() == LOG.replace("b", "another app's")


async def test_an_edited_suggestion_is_on_disk_only_when_it_is_saved(workspace: Workspace) -> None:
    async with seated(workspace) as (app, pilot):
        await pilot.press("e")
        await until(lambda: not app.pane.editor.read_only, pilot)
        assert "accept" not in app.text and workspace.journal.read_text() == LOG
        await pilot.press(*", well", "escape")
        await until(lambda: not app.pane.unsaved, pilot)
        assert workspace.journal.read_text() == LOG.replace("a thought", f"a thought\n* {DONE_LINE}, well")
        await until(lambda: "✦ 1/2  ✗ Failed" in app.text, pilot)
        await pilot.press("e")
        await until(lambda: not app.pane.editor.read_only, pilot)
        await pilot.press("ctrl+z", "escape")  # undone: it is offered again
        await until(lambda: "✦ 1/2  ✗ Failed" in app.text, pilot)
        assert BROKEN_LINE not in workspace.journal.read_text()
        await pilot.press("e")
        await until(lambda: not app.pane.editor.read_only, pilot)
        assert app.pane.corner == "suggested, not taken"
        await pilot.press("escape")  # left as it came in: it was only looked at
        await until(lambda: app.pane.corner == "not taken: offered again", pilot)
        await until(lambda: "✦ 1/2  ✗ Failed" in app.text and not app.pane.unsaved, pilot)
        assert BROKEN_LINE not in workspace.journal.read_text() and BROKEN_LINE not in app.pane.editor.text
        await pilot.press("e")
        await until(lambda: not app.pane.editor.read_only, pilot)
        await pilot.press("ctrl+s", "escape")  # wanted as it is
        await until(lambda: BROKEN_LINE in workspace.journal.read_text(), pilot)


async def test_what_others_write_meanwhile_stays_when_a_line_is_accepted(workspace: Workspace) -> None:
    async with seated(workspace, 140) as (app, pilot):
        assert "✦ 1 of 3 suggestions  ✓ Completed: sentiment (acc 0.873, 22m44s, 0.8 GPU-h)" in app.text
        workspace.journal.write_text(LOG.replace("* b", "* b, too"))
        await pilot.press("a")
        await until(lambda: "added under Experiments" in app.text, pilot)
        await until(lambda: "b, too" in app.pane.editor.text and DONE_LINE in app.pane.editor.text, pilot)
        await pilot.press("enter", *"z")
        workspace.journal.write_text(workspace.journal.read_text().replace("* a thought", "* an idea"))
        app.bench.hub.publish(FileChanged(workspace.journal))
        await pilot.press("escape")
        await until(lambda: not app.pane.unsaved, pilot)
        text = workspace.journal.read_text()
        assert ("* an idea\n" in text and f"* z{DONE_LINE}" in text) or f"z* {DONE_LINE}" in text


async def test_each_day_has_its_own_suggestions_and_another_part_can_show_it(workspace: Workspace) -> None:
    async with seated(workspace) as (app, pilot):
        await app.pane.show_day(date(2024, 10, 19))
        await until(lambda: "Sat 2024-10-19" in app.text and "accept" not in app.text, pilot)
        await pilot.press("a", "x", "e", "A", "s")
        await app.pane.show_day(DAY)
        await until(lambda: "a accept" in app.text, pilot)
        assert workspace.journal.read_text() == LOG


# the command


def answer(capsysbinary: pytest.CaptureFixture[bytes], workspace: Workspace, *args: str) -> tuple[int, Any]:
    code = main(["--workspace", str(workspace.root), "journal", "suggestions", "--day", "2024-10-20", *args])
    out, _ = capsysbinary.readouterr()
    return code, json.loads(out) if "--json" in args else out.decode()


def test_the_command_lists_accepts_and_dismisses(
    workspace: Workspace, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    happened(workspace)
    workspace.journal.write_text(LOG)
    code, told = answer(capsysbinary, workspace, "--json")
    assert code == 0 and told["date"] == "2024-10-20"
    assert [one["run"] for one in told["suggestions"]] == [DONE, BROKEN, LIVE]
    assert told["suggestions"][0]["key"] == f"completed:{DONE}"
    assert told["suggestions"][0]["source"] == f"run:{DONE}"
    code, text = answer(capsysbinary, workspace)
    assert text.splitlines()[0] == f"completed:{DONE}  Experiments  {DONE_LINE}"
    assert answer(capsysbinary, workspace, "--dismiss", LIVE)[0] == 0
    assert answer(capsysbinary, workspace, "--accept", "nothing") == (1, "")
    code, told = answer(capsysbinary, workspace, "--accept", "all", "--json")
    assert code == 0 and [one["key"] for one in told["accepted"]] == [f"completed:{DONE}", f"failed:{BROKEN}"]
    assert workspace.journal.read_text() == LOG.replace(
        "a thought", f"a thought\n* {DONE_LINE}\n* {BROKEN_LINE}"
    )
    assert answer(capsysbinary, workspace, "--accept", "all", "--dismiss", "all")[0] == 2
