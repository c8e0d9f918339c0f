"""The page that a person sees."""

from __future__ import annotations

import click
import pytest

from mlws_tui.cli.doctor_page import page, wrapped
from mlws_tui.cli.main import main
from mlws_tui.domain.checkup import BrokenLink, Deed, Group, Report, advice, fine, problem
from mlws_tui.domain.text import cell_width
from tests.doctor.kit import Doctor

REPORT = Report(
    (
        Group(
            "Workspace",
            (
                fine("folders", "all 8 are there, to be read and written"),
                advice(
                    "privacy",
                    "other users can read 2 entries: .mlws/config.yaml, .mlws/streams",
                    "mlws-tui doctor --fix closes them; files.private: false allows it",
                ),
            ),
        ),
        Group(
            "Index",
            (
                problem(
                    "index",
                    "the index is damaged: database disk image is malformed",
                    "mlws-tui doctor --rebuild makes it again from the streams; so does the app when it opens",
                ),
                fine("streams read", "all of them"),
            ),
        ),
    ),
    (
        BrokenLink("docs/sessions/2024-10-19-x.md", 12, "../../logs/training/x.log", "did you mean y.log?"),
        BrokenLink(".mlws/streams/20241019-143000-x", None, "logs/training/20241019-143000-x.log"),
    ),
)
PICTURE = """\
/home/ada/ml-workspace

Done
  ✓ made logs/agents/
  ✗ /x could not be removed: Permission denied

Workspace
  ✓ folders       all 8 are there, to be read and written
  ! privacy       other users can read 2 entries: .mlws/config.yaml,
                  .mlws/streams
                  → mlws-tui doctor --fix closes them; files.private: false
                    allows it

Index
  ✗ index         the index is damaged: database disk image is malformed
                  → mlws-tui doctor --rebuild makes it again from the streams;
                    so does the app when it opens
  ✓ streams read  all of them

Links that lead nowhere
  ! docs/sessions/2024-10-19-x.md, line 12
    ../../logs/training/x.log
    → did you mean y.log?
  ! .mlws/streams/20241019-143000-x
    logs/training/20241019-143000-x.log

✗ 1 problem (index), 1 piece of advice · 4 checks"""
DEEDS = (Deed("made logs/agents/"), Deed("/x could not be removed: Permission denied", ok=False))


def shown(report: Report, deeds: tuple[Deed, ...] = (), **options: object) -> list[str]:
    given = {"root": "/home/ada/ml-workspace", "width": 80, **options}
    return [click.unstyle(line) for line in page(report, deeds, **given)]  # type: ignore[arg-type]


def test_the_picture() -> None:
    assert "\n".join(shown(REPORT, DEEDS)) == PICTURE


@pytest.mark.parametrize("width", [50, 60, 100])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    for line in shown(REPORT, DEEDS, width=width):
        assert cell_width(line) <= max(width, 50)  # no words in it are longer


def test_all_well_is_said_in_one_line() -> None:
    well = Report((Group("Machine", (fine("mlws-tui", "0.1.0"),)),))
    assert shown(well)[-1] == "✓ all is well · 1 check"
    assert "  there was nothing to mend" in shown(well, fixing=True)


def test_many_links_are_not_all_listed() -> None:
    many = Report((), tuple(BrokenLink("ACTIVITY.md", line, "x.md") for line in range(1, 31)))
    assert "  and 10 more: --json lists them all" in shown(many)
    assert "  ! ACTIVITY.md, line 20" in shown(many)
    assert "  ! ACTIVITY.md, line 21" not in shown(many)


def test_words_from_files_are_plain_text() -> None:
    hostile = Report((Group("Machine", (problem("x", "a\x1b[2Jb\u202ec\nd", "e\x07"),)),))
    assert shown(hostile)[3:5] == ["  ✗ x  a␛[2Jb\ufffdc␊d", "       → e␇"]


def test_wide_characters_are_counted_by_their_cells() -> None:
    assert wrapped("感情 分析 " * 5, 20) == ["感情 分析 感情 分析", "感情 分析 感情 分析", "感情 分析"]
    assert wrapped("", 20) == [""]


def test_the_page_of_a_real_workspace(doctor: Doctor, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    capsysbinary.readouterr()
    assert main(["--workspace", str(doctor.workspace.root), "doctor"]) == 0
    text = capsysbinary.readouterr().out.decode()
    assert text.splitlines()[0] == str(doctor.workspace.root)
    for title in ("Workspace", "Index", "Streams", "Documents", "Settings", "Machine"):
        assert f"\n\n{title}\n" in text
    assert text.splitlines()[-1].startswith("✓ all is well")
