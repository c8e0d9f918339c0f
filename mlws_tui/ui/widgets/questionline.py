"""A line or two that ask something at the foot of a pane; gone while there is nothing to ask."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static

from mlws_tui.domain.text import safe_text


class QuestionLine(Static):
    """Shows a sentence and the keys that answer it."""

    DEFAULT_CSS = """
    QuestionLine { height: auto; max-height: 4; padding: 0 1; background: $boost; display: none; }
    QuestionLine.-shown { display: block; }
    """

    def __init__(self) -> None:
        super().__init__("", markup=False)

    def ask(self, sentence: str, answers: tuple[tuple[str, str], ...]) -> None:
        """Show a sentence, and below it each key with what it does."""
        parts: list[Content | tuple[str, str]] = [(safe_text(sentence), "$text-warning")]
        for number, (key, meaning) in enumerate(answers):
            parts += [Content("   " if number else "\n"), (key, "bold"), Content(f" {meaning}")]
        self.update(Content.assemble(*parts))
        self.add_class("-shown")

    def clear(self) -> None:
        """Ask nothing."""
        self.remove_class("-shown")
