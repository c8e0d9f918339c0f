"""A line written into a journal of years at a glance has the bytes that it has in one that is read whole."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.capture import target_of
from mlws_tui.domain.errors import MlwsError
from mlws_tui.domain.journal import Journal, parse
from mlws_tui.domain.journal_edits import Splice, add_bullet
from mlws_tui.domain.journalglance import glance
from mlws_tui.services.journal import JournalService

TODAY = date(2024, 10, 19)
FORMS = st.sampled_from(
    ["## {d:%Y-%m-%d}"] * 6
    + [
        "# {d:%Y-%m-%d}",
        "### {d:%Y-%m-%d} notes",
        "## {d:%d.%m.%Y}",
        "## {d:%Y-%m-%d} ##",
        " ## {d:%Y-%m-%d}",
    ]
    + ["{d:%Y-%m-%d}\n---", "## notes of {d:%Y-%m-%d}", "# Archive\n\n### of {d:%Y-%m-%d}", "## 2024-13-45"]
)
PLAIN = [
    "### Code",
    "### Code",
    "### Learning",
    "### Corpus",
    "- a",
    "* b",
    "- [ ] c",
    "",
    "",
    "",
    "words",
    "### v2.0",
]
PLAIN += ["---", "  - d", "1. one"]
ODD = ["```", "```\n# 2024-10-02\n```", "  ```\n  x\n  ```", "<b>", "<!-- 2024 -->", "<!--", "-->", "<div>"]
ODD += [
    "> q",
    "===",
    "~~~",
    "words\n---",
    "# Part 2",
    " ## Code 2",
    "\t- x",
    "* * *",
    "````",
    "<https://a.b>",
]
BODIES = st.lists(st.sampled_from(PLAIN * 3 + ODD) | st.sampled_from(PLAIN), max_size=5)


@st.composite
def journals(draw: st.DrawFn) -> bytes:
    """Days with steps between them that nearly all go one way, in one form but for a few."""
    form, way = draw(FORMS), draw(st.sampled_from([-1, 1]))
    usual = draw(st.lists(st.sampled_from(PLAIN), max_size=4))
    at = TODAY + timedelta(days=draw(st.integers(-2, 2))) if way < 0 else TODAY - timedelta(days=30)
    lines = draw(st.sampled_from([[], ["# Log", ""], ["\ufeff# Log"], ["---", "title: x", "---"], ["```"]]))
    for _ in range(draw(st.integers(14, 26))):
        odd = draw(st.integers(0, 29)) == 0
        lines += [(draw(FORMS) if odd else form).format(d=at), *(draw(BODIES) if odd else usual)]
        lines += [""] * draw(st.sampled_from([1, 1, 1, 0, 2]))
        at += timedelta(days=way * draw(st.sampled_from([1, 1, 1, 1, 2, 0, -1])))
    end = draw(st.sampled_from(["\n", "\n", "\r\n"]))
    return end.join("\n".join(lines).split("\n")).encode()


def spliced(journal: Journal, when: date, section: str) -> Splice | str:
    try:
        return add_bullet(journal, when, target_of(journal, when, section).title, "new")
    except MlwsError as error:
        return str(error)


@settings(max_examples=66)
@given(journals(), st.integers(-35, 5), st.sampled_from(["Code", "lea", "co", "Mine"]), st.integers(0, 400))
def test_a_line_goes_where_it_goes_in_the_whole_journal(
    data: bytes, days: int, section: str, head: int
) -> None:
    for when in {TODAY, TODAY + timedelta(days=days)}:
        seen = glance(data, when, section, head=head)
        if seen is not None:
            whole = parse(data)
            assert seen.data is data
            assert spliced(seen, when, section) == spliced(whole, when, section)


def day(when: date) -> bytes:
    return (
        b"## %s\n\n### Code\n- a\n\n```sh\n# 2024\n```\n\n### Learning\n- b\n\n" % when.isoformat().encode()
    )


def test_of_a_plain_journal_either_way_around_only_the_newest_days_are_read() -> None:
    days = [day(TODAY - timedelta(days=back)) for back in range(60)]
    for data in (b"# Log\n\n" + b"".join(days), b"".join(days), b"".join(reversed(days))):
        for when in (TODAY, TODAY + timedelta(days=1)):
            seen = glance(data, when, "Mine")
            assert seen is not None
            assert len(seen.days) < 15
            assert seen.day(TODAY) is not None


def test_a_list_that_stands_at_the_top_is_enough() -> None:
    days = [day(TODAY - timedelta(days=back)) for back in range(1000)]
    seen = glance(b"".join(days) + b"```\n", TODAY, "Learning")
    assert seen is not None
    assert seen.day(TODAY) is not None


def test_a_journal_that_a_glance_cannot_be_sure_of_is_left_to_who_reads_it_whole() -> None:
    data = b"".join(day(TODAY - timedelta(days=back)) for back in range(60))
    assert glance(b"---\ntitle: x\n---\n" + data, TODAY, "Learning") is None
    assert glance(data + b"```\n", TODAY, "Mine") is None
    assert glance(data.replace(b"## 2024-10-02", b"### of 2024-10-02"), TODAY, "Mine") is None
    assert glance(data, date(2020, 1, 1), "Learning") is None


def test_a_line_in_a_long_journal_is_written_as_into_a_short_one(tmp_path: Path) -> None:
    days = [day(TODAY - timedelta(days=back)) for back in range(4000)]
    service = JournalService(Workspace(tmp_path), state_dir=tmp_path / "state")
    Workspace(tmp_path).marker.mkdir()
    service.path.write_bytes(b"# Log\n\n" + b"".join(days))
    service.append("Code", "new", TODAY)
    service.append("Code", "first", TODAY + timedelta(days=1))
    first = b"## 2024-10-20\n\n### Code\n- first\n\n"
    assert service.path.read_bytes() == b"# Log\n\n" + first + days[0].replace(
        b"# 2024\n```\n", b"# 2024\n```\n\n- new\n"
    ) + b"".join(days[1:])
