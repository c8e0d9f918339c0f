"""What a line links to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlws_tui.domain.links import links_of

RUN = "20241019-143000-llama3.1-ft"


@pytest.mark.parametrize(
    ("line", "found"),
    [
        (f"- Completed: {RUN}.", [("run", RUN, RUN)]),
        (f"`{RUN}.log` is gone", [("run", RUN, f"{RUN}.log")]),
        (
            f"[ft](logs/training/{RUN}.log#L7) went well",
            [("log", f"logs/training/{RUN}.log", f"[ft](logs/training/{RUN}.log#L7)")],
        ),
        ("see logs/agents/a.log, then", [("log", "logs/agents/a.log", "logs/agents/a.log")]),
        ("(../../logs/a.log)", [("log", "logs/a.log", "../../logs/a.log")]),
        ("docs/sessions/2024-10-19-x.md!", [("session", "2024-10-19-x", "docs/sessions/2024-10-19-x.md")]),
        ("[[2024-10-19-x|the log]]", [("session", "2024-10-19-x", "[[2024-10-19-x|the log]]")]),
        ("[[2024-10-19]] 2024-02-30", [("day", "2024-10-19", "[[2024-10-19]]")]),
        ("on 2024-10-19:", [("day", "2024-10-19", "2024-10-19")]),
        (
            "llama3.1:8b, mixtral:8x7b-instruct-q4_K_M and me/own:v2",
            [
                ("model", "llama3.1:8b", "llama3.1:8b"),
                ("model", "mixtral:8x7b-instruct-q4_K_M", "mixtral:8x7b-instruct-q4_K_M"),
                ("model", "me/own:v2", "me/own:v2"),
            ],
        ),
        ("at 12:30 train.py:12 Insight: 8b lr:3e-5", []),
        (
            "(see https://a.org/b_(c)?d=1).",
            [("url", "https://a.org/b_(c)?d=1", "https://a.org/b_(c)?d=1")],
        ),
        ("[notes](docs/my%20notes.md)", [("file", "docs/my notes.md", "[notes](docs/my%20notes.md)")]),
        ("[top](#top) [root](/etc/hosts) [x]() - [ ] [x]", []),
    ],
)
def test_a_line(line: str, found: list[tuple[str, str, str]]) -> None:
    assert [(one.kind, one.target, line[one.start : one.end]) for one in links_of(line)] == found


def test_paths_are_taken_from_the_folder_of_the_document() -> None:
    line = "[log](../../logs/a.log) [other](2024-10-19-x.md) [up](../b.md)"
    found = [(one.kind, one.target) for one in links_of(line, "docs/sessions")]
    assert found == [("log", "logs/a.log"), ("session", "2024-10-19-x"), ("file", "docs/b.md")]


_PIECES = st.sampled_from(
    [
        "[",
        "]",
        "(",
        ")",
        "[[",
        "]]",
        "](",
        "logs/",
        "../",
        RUN,
        "llama3.1:8b",
        "https://",
        " ",
        ".",
        "\\",
        "é",
    ]
)


@given(st.lists(st.one_of(_PIECES, st.characters()), max_size=12).map("".join))
def test_any_line_has_links_in_order_that_do_not_overlap(line: str) -> None:
    at = 0
    for one in links_of(line, "docs/sessions"):
        assert at <= one.start < one.end <= len(line) and one.target
        at = one.end
