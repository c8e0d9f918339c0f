"""Session logs: what they say of themselves, their templates, and saving them."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.errors import ConfigError, NotFoundError, UsageError
from mlws_tui.domain.runs import Latest, Run, RunState
from mlws_tui.domain.sessions import TYPES, facts, placeholders
from mlws_tui.services.pages import Conflict, Saved
from mlws_tui.services.sessions import SessionsService, document

RUN = Run(
    id="20241019-143000-sentiment",
    name="sentiment",
    kind="training",
    state=RunState.COMPLETED,
    started=1_729_341_000.0,
    ended=1_729_342_364.0,
    config={"lr": 1e-4, "evil": "`x` | [y](z)"},
    model="llama3.1:8b",
    command=("python", "train.py"),
    log="logs/training/20241019-143000-sentiment.log",
    latest={"acc": Latest(0.873, 10, 1.0, 0.1, 0.873, 0.5, 10)},
)


@pytest.fixture
def service(workspace: Workspace) -> SessionsService:
    return SessionsService(workspace, clock=lambda: datetime(2024, 10, 20, 9, 30))


def test_placeholders_are_told_from_links_boxes_and_marks() -> None:
    line = "- [ ] [what was done] and [a link](x), [ref][1], [^1], [F3], [x], [[wiki]], ![alt](y), a[0], [def]: z"
    assert placeholders(line) == ["what was done"]


def test_a_session_says_what_it_is() -> None:
    text = b"""---
title: Sentiment analysis
---
# Session: other

**Date**: 2024-10-19
**Type**: Experiment

## Overview

Done with `20241019-143000-sentiment` and logs/training/20241019-143000-sentiment.log, see [placeholder here].

## Empty

### [task]

- **Process**: [how]

## Written

`code [not one]`

```
[not one either]
```
"""
    found = facts(text, "2024-10-20-x")
    assert (found.title, found.type, found.date) == ("Sentiment analysis", "Experiment", date(2024, 10, 19))
    assert found.placeholders == ("placeholder here", "task", "how")
    assert [(part.title, part.state) for part in found.parts] == [
        ("Overview", "begun"),
        ("Empty", "empty"),
        ("Written", "done"),
    ]
    assert found.left == 2
    assert found.runs == ("20241019-143000-sentiment",)


def test_the_name_gives_the_date_where_the_text_does_not() -> None:
    assert facts(b"# Session log: X\n**Date**: [when]\n", "2024-10-20-x").date == date(2024, 10, 20)
    assert facts(b"", "notes").date is None


@pytest.mark.parametrize("session_type", TYPES)
def test_every_type_has_a_template(service: SessionsService, session_type: str) -> None:
    made = service.new("Fine-tuning llama3.1", session_type.lower())
    assert made.name == "2024-10-20-fine-tuning-llama3.1"
    assert made.facts.title == "Fine-tuning llama3.1"
    assert (made.facts.type, made.facts.date) == (session_type, date(2024, 10, 20))
    text = service.page(made.name).text
    for part in (
        "Overview",
        "Tasks",
        "Decisions",
        "Technical Insights",
        "Results",
        "Lessons",
        "Next Steps",
        "Summary",
    ):
        assert f"\n## {part}\n" in text
    assert made.facts.left == len(made.facts.parts)
    assert "{" not in text and "\n\n\n" not in text


def test_a_run_brings_its_facts(service: SessionsService) -> None:
    made = service.new("Sentiment", runs=[RUN])
    text = service.page(made.name).text
    for fact in ("### Run `20241019-143000-sentiment`", "completed, 22m 44s", "| `lr` | `0.0001` |", "0.873"):
        assert fact in text
    assert "| `evil` | `'x' ¦ [y](z)` |" in text
    assert "\n\n\n" not in text
    assert made.facts.runs == (RUN.id,)


def test_names_are_made_once(service: SessionsService) -> None:
    names = [service.new("Same title").name for _ in range(3)]
    assert names == ["2024-10-20-same-title", "2024-10-20-same-title-2", "2024-10-20-same-title-3"]
    assert {session.name for session in service.list()} == set(names)


def test_what_cannot_be_made_is_said(service: SessionsService, workspace: Workspace) -> None:
    with pytest.raises(UsageError, match="title"):
        service.new("  ")
    with pytest.raises(UsageError, match="no template"):
        service.new("x", "Nonsense")
    folder = workspace.marker / "templates"
    folder.mkdir(exist_ok=True)
    for text in ("{{ nope }}", "{% if %}", "{{ 1 // 0 }}", "{{ title.__class__.__mro__ }}"):
        (folder / "session-setup.md").write_text(text)
        with pytest.raises(ConfigError):
            service.new("x", "Setup")
    assert service.list() == []


def test_a_template_of_the_workspace_comes_first(service: SessionsService, workspace: Workspace) -> None:
    folder = workspace.marker / "templates"
    folder.mkdir(exist_ok=True)
    (folder / "session-paper.md").write_text("# {{ title }} ({{ type }}, {{ date }})\n")
    made = service.new("Ours", "Paper")
    assert service.page(made.name).text == "# Ours (Paper, 2024-10-20)"


def test_saving_keeps_all_other_bytes(service: SessionsService) -> None:
    path = service.folder / "2024-10-20-x.md"
    path.write_bytes(b"\xef\xbb\xbf# A\r\nb\xff\r\n\r\n")
    page = service.page("2024-10-20-x")
    outcome = service.save("2024-10-20-x", page.text, page.text.replace("A", "B"))
    assert isinstance(outcome, Saved)
    assert path.read_bytes() == b"\xef\xbb\xbf# B\r\nb\xff\r\n\r\n"


def test_saving_merges_and_asks(service: SessionsService) -> None:
    path = service.folder / "2024-10-20-x.md"
    path.write_bytes(b"one\ntwo\nthree\n")
    page = service.page("2024-10-20-x")
    path.write_bytes(b"one\ntwo\nTHREE\n")
    outcome = service.save("2024-10-20-x", page.text, "ONE\ntwo\nthree")
    assert isinstance(outcome, Saved)
    assert path.read_bytes() == b"ONE\ntwo\nTHREE\n"
    assert isinstance(service.save("2024-10-20-x", page.text, "one\ntwo\n3"), Conflict)


def test_names_never_lead_out_of_the_folder(
    service: SessionsService, workspace: Workspace, tmp_path: Path
) -> None:
    (tmp_path / "secret.md").write_text("# Secret\n")
    (service.folder / "link.md").symlink_to(tmp_path / "secret.md")
    (service.folder / "ok.md").write_text("# Fine\n")
    assert [session.name for session in service.list()] == ["ok"]
    for name in ("../secret", "link", "", ".hidden", "a/b"):
        with pytest.raises(UsageError):
            service.page(name)
    with pytest.raises(NotFoundError):
        service.get("../../secret")


def test_a_session_is_found_by_a_part_of_its_name(service: SessionsService, workspace: Workspace) -> None:
    for name in ("2024-10-19-llama", "2024-10-20-llama-again", "2024-10-18-qwen"):
        (service.folder / f"{name}.md").write_text(f"# {name}\n")
    assert [session.name[:10] for session in service.list()] == ["2024-10-20", "2024-10-19", "2024-10-18"]
    assert service.get("qwen").name == "2024-10-18-qwen"
    assert service.get("docs/sessions/2024-10-19-llama.md").name == "2024-10-19-llama"
    with pytest.raises(UsageError, match="several"):
        service.get("2024-10")
    with pytest.raises(NotFoundError):
        service.get("nothing")
    assert document(service.get("qwen"), workspace)["path"] == "docs/sessions/2024-10-18-qwen.md"
