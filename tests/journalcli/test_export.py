"""`mlws-tui journal export`: bytes as they are, a page that is safe to open, a document with links."""

from __future__ import annotations

import os
import pty
import re
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlws_tui.cli.main import main
from mlws_tui.domain.journal import parse
from mlws_tui.services.journalexport import as_markdown, days_between
from mlws_tui.services.journalpage import Places, page
from tests.journalcli.conftest import Here

RUN = "20241019-143000-llama-ft"
JOURNAL = f"""# Log

## 2024-10-19

words before

### Experiments
- Completed: a [log](logs/training/{RUN}.log)
  - below it `{RUN}`
- [ ] <script>alert(1)</script> ![x](https://evil.example/x.png) [y](javascript:alert(1))
  ```
  {RUN} in code
  ```
- [>] \x1b[31mred\x1b[0m & more

## 2024-10-18

- [x] read [[tuning]] <b>bold</b>

## 2024-10-18

again
"""


def _filled(here: Here) -> None:
    here.write(JOURNAL)
    (here.workspace.logs / "training" / f"{RUN}.log").write_text("x")
    (here.workspace.sessions / "2024-10-18-tuning.md").write_text("# Tuning")


def test_markdown_is_the_bytes_of_the_days(here: Here) -> None:
    _filled(here)
    assert here("journal", "export").out == JOURNAL.partition("\n\n")[2]
    assert here("journal", "export", "--until", "2024-10-18").out == JOURNAL[JOURNAL.index("## 2024-10-18") :]
    assert here("journal", "export", "--since", "yesterday").out == ""
    wrong = here("journal", "export", "--since", "2024-10-19", "--until", "2024-10-18")
    assert (wrong.code, wrong.out) == (2, "")


def test_a_terminal_is_not_controlled_by_what_is_exported(
    here: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    here.write("## 2024-10-18\n- a \x1b[2J\n- b\n")
    assert "\x1b[2J" in here("journal", "export").out
    ours, theirs = pty.openpty()
    with open(theirs, "w") as terminal:
        monkeypatch.setattr(sys, "stdout", terminal)
        assert main(["--workspace", str(here.workspace.root), "journal", "export"]) == 0
    told = os.read(ours, 4096)
    os.close(ours)
    assert b"\x1b" not in told and b"- b\r\n" in told


def test_the_document_has_bullets_and_their_links(here: Here) -> None:
    _filled(here)
    found = here("journal", "export", "--format", "json", "--since", "2024-10-19").json()
    (day,) = found["days"]
    assert (found["path"], day["date"], day["line_start"]) == ("ACTIVITY.md", "2024-10-19", 3)
    (section,) = day["sections"]
    first, below, task, moved = section["bullets"]
    log = {"kind": "log", "target": f"logs/training/{RUN}.log"}
    assert (first["line"], first["depth"], first["task"], first["links"]) == (8, 0, None, [log])
    assert (below["depth"], below["links"]) == (1, [{"kind": "run", "target": RUN}])
    assert (task["task"], moved["task"]) == ("open", "moved")
    assert [link["kind"] for link in task["links"]] == ["url"]  # nothing of the code


def test_the_page_loads_and_runs_nothing_and_links_to_where_files_are(here: Here) -> None:
    _filled(here)
    (here.workspace.root / "out").mkdir()
    page = here.workspace.root / "out" / "journal.html"
    assert here("journal", "export", "--format", "html", "-o", str(page)).code == 0
    html = page.read_text()
    assert "<script" not in html and "<img" not in html and "<b>" not in html and "\x1b" not in html
    assert not re.search(r"(?:src|href)=\"(?!#|\.\./|https://evil)", html)
    assert html.count(f'href="../logs/training/{RUN}.log"') == 2  # the link and the id, not what is code
    assert 'id="2024-10-18"' in html and 'id="2024-10-18-2"' in html
    assert 'type="checkbox" disabled checked' in html and 'class="moved"' in html
    assert "prefers-color-scheme: dark" in html


def test_a_file_is_never_written_over_unasked_nor_the_journal_at_all(here: Here) -> None:
    _filled(here)
    root = here.workspace.root
    target = root / "days.md"
    assert here("journal", "export", "-o", str(target)).code == 0
    assert here("journal", "export", "--until", "2024-10-18", "-o", str(target)).code == 2
    assert target.read_text() == JOURNAL.partition("\n\n")[2]
    assert here("journal", "export", "--until", "2024-10-18", "-o", str(target), "--force").code == 0
    assert target.read_text() == JOURNAL[JOURNAL.index("## 2024-10-18") :]
    (root / "same.md").hardlink_to(here.workspace.journal)
    (root / "link.md").symlink_to("ACTIVITY.md")
    for name in ("ACTIVITY.md", "same.md", "link.md", "./out/../ACTIVITY.md"):
        assert here("journal", "export", "-o", str(root / name), "--force").code == 2
    nowhere = here("journal", "export", "-o", str(root / "no" / "x.md"))
    assert (nowhere.code, nowhere.err.count("\n")) == (2, 1)
    assert here.workspace.journal.read_text() == JOURNAL
    assert not [path for path in root.iterdir() if path.suffix == ".tmp"]


HOSTILE = st.text("<>\"'&`[]()!*_~|#-/:\\ \n\x00\x1bajscripthtton=", max_size=60)


@settings(max_examples=30)
@given(
    st.lists(
        st.sampled_from([f"`{RUN}`", "[a](//[x)", "- [x] ", "![i](x", "<img src=x>", "```", "[[s]]"])
        | HOSTILE
    )
)
def test_whatever_a_journal_says_is_text_on_the_page(parts: list[str]) -> None:
    html = page([("2024-10-19", "".join(parts))], Places(Path("/work"), Path("/work"), [f"logs/{RUN}.log"]))
    body = html.partition("<article")[2]
    tags = set(re.findall(r"<([a-z]+)", body))
    assert not tags & {"script", "img", "iframe", "style", "svg", "form", "object", "link", "meta"}
    assert not re.search(r"<[a-z][^>]*\son\w+=", re.sub(r'"[^"]*"', '""', body))
    assert "\x1b" not in html and "\0" not in html
    assert not re.search(r'href="\s*(?:javascript|data|vbscript)', body, re.IGNORECASE)


@settings(max_examples=25)
@given(
    st.lists(
        st.sampled_from(
            [b"## 2024-10-19\n", b"## 2024-10-18\r\n", b"- a\n", b"```\n", b"\n", b"\xff\xfe x", b"### C\n"]
        ),
        max_size=15,
    )
)
def test_all_days_are_all_bytes_from_the_first_day_on(parts: list[bytes]) -> None:
    data = b"".join(parts)
    journal = parse(data)
    days = days_between(journal, None, None)
    exported = as_markdown(journal, days)
    assert exported in data
    assert len(exported) == sum(
        journal.outline.starts[day.line_end] - journal.outline.starts[day.line_start] for day in days
    )
