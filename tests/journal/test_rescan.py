"""The fast outline of a large file, and the one after a change, are those of the scanner that reads every line."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from mlws_tui.domain.journal import parse
from mlws_tui.domain.journalscan import outline_again, outline_of
from mlws_tui.domain.markdown import scan

LINES = st.sampled_from(
    """## 2024-10-19|## 2024-10-18|### Code|# Log|##|#|#no| ## in|   ### x|- ## item|words|words|- item|- [ ] task
  - nested|    code||||  |---|===|--|- |-|1. one|> quote|> ## q|```|```|```py|``` a`b|  ```|````|~~~|~~~ x|<!-- c|-->
<div>|</div>|<pre>|</pre>|<?|?>|<b>|\t## tab|-\ttab|19.10.2024|[r]: /url|\\## no|title: x|---\\x0c""".replace(
        "\n", "|"
    ).split("|")
)
TEXTS = st.builds(
    lambda lines, end, head, last: (head + end.join(lines) + (end if last else "")).encode(),
    st.lists(LINES, max_size=25),
    st.sampled_from(["\n", "\n", "\r\n", "\r"]),
    st.sampled_from(["", "", "\ufeff", "---\ntitle: x\n---\n", "---\ntitle: x\n"]),
    st.booleans(),
)
#: Where a change begins and how much it takes away, as parts of the whole; what it puts there.
CHANGES = st.tuples(
    st.floats(0, 1), st.floats(0, 0.3), TEXTS | st.sampled_from([b"", b"a", b"\n", b"```\n", b"#"])
)


@settings(max_examples=100)
@given(TEXTS)
def test_a_plain_passage_that_is_skipped_hides_nothing(data: bytes) -> None:
    assert outline_of(data) == scan(data)


@settings(max_examples=50)
@given(TEXTS, st.lists(CHANGES, max_size=6))
def test_after_any_changes_the_outline_is_that_of_a_full_scan(
    data: bytes, changes: list[tuple[float, float, bytes]]
) -> None:
    outline = outline_of(data)
    for where, share, new in changes:
        start = int(where * len(data))
        end = start + int(share * (len(data) - start))
        after = data[:start] + new + data[end:]
        outline = outline_again(after, data, outline)
        assert outline == scan(after)
        data = after


def day(number: int) -> bytes:
    return b"## 2024-10-%02d\n\n### Code\n- a\n- b\n\n```\n# x\n```\n\n### Notes\nwords\n\n" % number


def test_a_change_in_the_middle_leaves_the_lines_and_headings_around_it() -> None:
    days = [day(number) for number in range(28, 0, -1)]
    before = parse(b"# Log\n\n" + b"".join(days))
    days[14] = days[14].replace(b"- b\n", b"- b\n- more\n\n### Learning\n- x\n")
    after = parse(b"# Log\n\n" + b"".join(days), before)
    assert after.outline == scan(after.data)
    assert after.headings[0] is before.headings[0]
    assert after.outline.lines[-1] is before.outline.lines[-1]
    assert [one.date for one in after.days] == [one.date for one in before.days]


def test_a_fence_that_is_opened_hides_the_days_below_it_and_closed_shows_them_again() -> None:
    whole = parse(b"".join(day(number) for number in (3, 2, 1)))
    opened = parse(whole.data.replace(b"- a\n", b"- a\n```\n", 1), whole)
    assert opened.outline == scan(opened.data)
    assert opened.outline.open_block is not None
    assert parse(whole.data, opened).outline == whole.outline
