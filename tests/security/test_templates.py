"""Templates of a stranger: no way out of the sandbox, and no loop, page or memory without end."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.errors import ConfigError, UsageError
from mlws_tui.services.templates import Templates

DAY = date(2024, 10, 20)


def template(workspace: Workspace, text: str, name: str = "journal.md") -> Path:
    path = workspace.marker / "templates" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    return path


def refusal(workspace: Workspace, text: str) -> str:
    path = template(workspace, text)
    with pytest.raises(ConfigError) as caught:
        Templates(workspace).day(DAY)
    return caught.value.sentence().replace(str(path), "journal.md")


@pytest.mark.parametrize(
    "escape",
    [
        "''.__class__.__mro__[1].__subclasses__()",
        "cycler.__init__.__globals__.os.system('touch pwned')",
        "self._TemplateReference__context.environment.loader.searchpath",
        "lipsum.__globals__['os'].popen('id').read()",
        "'{0.__class__.__init__.__globals__}'.format(date)",
        "'%s'|attr('__class__')|attr('__mro__')",
        "namespace.__init__.__builtins__",
    ],
)
def test_there_is_no_way_out_of_the_sandbox(workspace: Workspace, escape: str) -> None:
    said = refusal(workspace, f"# {{{{ date }}}}\n{{{{ {escape} }}}}\n")
    assert said.startswith("journal.md, line 2: ")
    assert "unsafe" in said or "has no attribute" in said or "undefined" in said
    assert not list(Path.cwd().glob("pwned"))


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("a\n{% for i in range(10**9) %}x{% endfor %}", "Range too big"),
        (
            "a\n{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}",
            "takes too long",
        ),
        ("a\n{{ 'x' * 10**12 }}", "too much memory"),
        ("a\n{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "calls itself"),
        ("a\n{% include 'journal.md' %}", "calls itself"),
        ("a\n{{ nothing }}", "'nothing' is undefined"),
        ("a\n{{ 1 / 0 }}", "division by zero"),
        ("a\n{% for %}", "Expected"),
    ],
    ids=["range", "loops", "memory", "macro", "include", "undefined", "zero", "syntax"],
)
def test_what_has_no_end_or_no_sense_is_one_sentence_with_its_line(
    workspace: Workspace, text: str, what: str
) -> None:
    said = refusal(workspace, text)
    assert what in said
    assert said.startswith("journal.md, line 2: ")


def test_a_page_without_end_is_not_made(workspace: Workspace) -> None:
    said = refusal(workspace, "{% for i in range(99999) %}{{ 'x' * 1000 }}{% endfor %}")
    assert said == "The template journal.md: this makes more than 1,000,000 characters"


def test_a_sum_without_end_is_stopped_by_the_kernel(workspace: Workspace) -> None:
    assert "takes too long" in refusal(workspace, "{{ 7 ** (7 ** 9) }}")


@pytest.mark.parametrize("name", ["../../ACTIVITY.md", "/etc/passwd", "..//secret"])
def test_no_include_leads_out_of_the_folders(workspace: Workspace, name: str) -> None:
    (workspace.marker / "secret").write_text("secret")
    said = refusal(workspace, f"{{% include {name!r} %}}")
    assert "is missing" in said


@pytest.mark.parametrize("kind", ["../../ACTIVITY", "/etc/passwd", "a\0b", "x" * 300, "-rf", "..", "%s"])
def test_no_type_of_session_leads_out_of_the_folders(workspace: Workspace, kind: str) -> None:
    with pytest.raises(UsageError, match="no template for sessions of type"):
        Templates(workspace).session("title", kind, DAY, ())


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
def test_a_pipe_or_a_folder_in_the_place_of_a_template_is_no_template(
    workspace: Workspace, make: Callable[[Path], None]
) -> None:
    path = workspace.marker / "templates" / "journal.md"
    path.parent.mkdir()
    make(path)
    assert Templates(workspace).day(DAY) == ""  # the shipped one holds


def test_text_that_looks_like_a_template_stays_text(workspace: Workspace) -> None:
    hostile = "{{ 7 * 7 }}{% include 'journal.md' %}{# #}"
    assert hostile in Templates(workspace).session(hostile, "Experiment", DAY, ())


def test_a_template_cannot_write_a_file(workspace: Workspace) -> None:
    before = sorted(os.listdir(workspace.marker))
    refusal(workspace, "{{ open('x', 'w') }}")
    assert sorted(os.listdir(workspace.marker)) == sorted({*before, "templates"})


def test_a_template_that_is_not_text_is_one_sentence(workspace: Workspace) -> None:
    template(workspace, "").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="utf-8"):
        Templates(workspace).day(DAY)
