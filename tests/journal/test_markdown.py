"""The scanner against its referee, markdown-it-py, and against bytes that are no Markdown at all."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from mdit_py_plugins.front_matter import front_matter_plugin

from mlws_tui.domain.markdown import decode, encode, scan

REFEREE = MarkdownIt("commonmark")
WITH_FRONT_MATTER = MarkdownIt("commonmark").use(front_matter_plugin)

PIECES = st.sampled_from(
    """# a|## 2024-10-19|   ## x ##|#### deep ####|text|more text|---|===|- item|  - nested|- [ ] task|    code|```
```py|~~~|````|  ```|> quote|> ## quoted|>|<!-- c|-->|<div>|</div>|<b>|<?|?>|1. one|2) two|* * *||  cont|\t## tab|-
- ## in item|## |#no|* x|+ y|   ---|10) z|[r]: /url|>\ttab|-\ttab|###### six|####### seven|\\## escaped""".replace(
        "\n", "|"
    ).split("|")
)

Found = list[tuple[int, int, int, str]]


def by_referee(text: str, referee: MarkdownIt = REFEREE) -> Found:
    tokens = referee.parse(text)
    return [
        (int(token.tag[1]), token.map[0], token.map[1], stripped(tokens[index + 1].content))
        for index, token in enumerate(tokens)
        if token.type == "heading_open" and token.level == 0 and token.map
    ]


def by_us(text: str) -> Found:
    return [(h.level, h.line, h.end, stripped(h.title)) for h in scan(text.encode()).headings]


def stripped(title: str) -> str:
    """The referee keeps the indent of the further lines of a setext heading; a title has no use for it."""
    return "\n".join(line.strip() for line in title.split("\n"))


@settings(max_examples=66)
@given(st.lists(PIECES, max_size=10))
def test_headings_are_those_of_the_referee(lines: list[str]) -> None:
    text = "\n".join(lines) + "\n"
    if text.lstrip().startswith("---"):
        text = "\n" + text  # front matter has a test of its own
    assert by_us(text) == by_referee(text)


WORDS = st.sampled_from(
    [
        *(
            "words",
            "more *words* here",
            "acc 87.3%",
            "`code` and [link](a.md)",
            "2024-10-19 was fine",
            "two\nlines",
        ),
        *(
            "caf\u00e9 \u65e5\u8a18",
            "a #tag",
            "1986. A year",
            "a\n    indented",
            "hard  \nbreak",
            "back\\\nslash",
        ),
    ]
)
TITLES = st.sampled_from(
    [
        "2024-10-19",
        "Sat 19 Oct 2024",
        "[2024-10-19](a.md)",
        "**2024-10-19**",
        "`code`",
        "Next Steps",
        "x #",
        "caf\u00e9",
    ]
)
CODE = st.sampled_from(
    ["## 2024-10-20", "# comment", "- x", "", "<!--", "---", "  ## in", "\tcode", "> q", "``"]
)
LEAVES = st.one_of(
    st.builds("{} {}".format, st.sampled_from(["#", "##", "###", " ##", "   ####", "###### "]), TITLES),
    st.builds("{} {} {}".format, st.sampled_from(["#", "##"]), TITLES, st.sampled_from(["#", "##", "####  "])),
    st.builds("{}\n{}".format, TITLES, st.sampled_from(["===", "---", "=", "-", "----------  ", "  ---"])),
    st.builds("two\n{}\n---".format, TITLES),
    WORDS,
    st.builds(lambda mark, info, lines: "\n".join([mark + info, *lines, mark]),
              st.sampled_from(["```", "~~~", "`````", "  ```"]), st.sampled_from(["", "bash", " py x"]),
              st.lists(CODE, max_size=4)),
    st.builds(lambda lines: "\n".join("    " + line for line in ["x", *lines]), st.lists(CODE, max_size=2)),
    st.sampled_from(["***", "---", "_ _ _", "* * *", "<!-- ## 2024-10-20\n\n## hidden -->", "<div>\n## inside\n</div>",
                     "<details><summary>x</summary>", "<pre>\n\n## kept\n</pre>", "<br/>", "<https://example.org>",
                     "| a | b |\n|---|---|\n| 1 | 2 |", "[r]: /url", "[r]: <a b> 'title'", "<?php\n\n## x\n?>"]),
)  # fmt: skip


def quoted(block: str) -> str:
    return "\n".join(("> " + line) if line else ">" for line in block.split("\n"))


def item(mark: str, blocks: list[str], gap: str) -> str:
    indent = " " * len(mark)
    return mark + gap.join(blocks).replace("\n", "\n" + indent)


def nested(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    marks = st.sampled_from(["- ", "* ", "+ ", "1. ", "12) ", "-   ", "- [ ] "])
    items = st.lists(st.builds(item, marks, st.lists(inner, min_size=1, max_size=3), st.sampled_from(["\n", "\n\n"])),
                     min_size=1, max_size=3)  # fmt: skip
    return st.builds(quoted, inner) | st.builds("\n".join, items) | st.builds("\n\n".join, items)


@settings(max_examples=40)
@given(st.lists(st.recursive(LEAVES, nested, max_leaves=5), max_size=6), st.sampled_from(["\n", "\r\n"]),
       st.sampled_from(["\n\n", "\n\n", "\n\n\n", "\n"]), st.booleans())  # fmt: skip
def test_a_well_formed_document_has_the_headings_of_the_referee(
    blocks: list[str], end: str, gap: str, last: bool
) -> None:
    text = "# Log\n\n" + gap.join(blocks) + ("\n" if last else "")
    assert by_us(text.replace("\n", end)) == by_referee(text)


def test_front_matter_is_no_heading() -> None:
    text = "---\ntitle: x\ndate: 2024-10-19\n---\n\n# Real\n\n## 2024-10-19\n"
    assert by_us(text) == by_referee(text, WITH_FRONT_MATTER) == [(1, 5, 6, "Real"), (2, 7, 8, "2024-10-19")]


def test_a_journal_that_begins_with_a_rule_has_its_days() -> None:
    assert [h.title for h in scan(b"---\n## 2024-10-19\n- a\n---\n## 2024-10-18\n").headings] == [
        "2024-10-19",
        "2024-10-18",
    ]


def test_a_byte_order_mark_hides_no_heading() -> None:
    outline = scan(b"\xef\xbb\xbf# Log\r\n\r\n## 2024-10-19\r\n")
    assert [(h.level, h.title) for h in outline.headings] == [(1, "Log"), (2, "2024-10-19")]


@pytest.mark.parametrize(
    ("text", "line"), [("a\n```\n## x\n", 1), ("<!-- a\n\n## x\n", 0), ("```\na\n```\n", None)]
)
def test_a_block_that_is_never_closed_is_known(text: str, line: int | None) -> None:
    assert scan(text.encode()).open_block == line


@settings(max_examples=40)
@given(st.binary(max_size=200) | st.text(alphabet="#-=\n\r\t >`~a1.<!\x0c\u2028").map(str.encode))
def test_any_bytes_are_lines_that_joined_are_the_bytes(data: bytes) -> None:
    outline = scan(data)
    assert b"".join(outline.lines) == data
    assert outline.starts[-1] == len(data)
    for heading in outline.headings:
        assert 0 <= heading.line < heading.end <= len(outline.lines)


@given(st.binary(max_size=100))
def test_decoding_loses_no_byte(data: bytes) -> None:
    assert encode(decode(data)) == data


def test_text_that_no_bytes_stand_for_can_be_written() -> None:
    assert encode("a\ud800b") == b"a?b"
