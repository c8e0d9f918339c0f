"""The shipped themes hold what they promise; a wrong theme is named and never reaches the app."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.app import App, ComposeResult
from textual.color import Color
from textual.theme import Theme
from textual.widgets import Label

from mlws_tui.config.resources import shipped
from mlws_tui.config.schema import Settings
from mlws_tui.ui.themes import load_themes

TEXTS = (
    *("foreground", "text", "text-muted", "primary", "secondary", "accent", "success", "warning", "error"),
    *("text-primary", "text-secondary", "text-accent", "text-success", "text-warning", "text-error"),
)


def shipped_themes() -> dict[str, Theme]:
    themes, problems = load_themes([shipped("themes")])
    assert problems == []
    return {theme.name: theme for theme in themes}


def contrast(one: Color, other: Color) -> float:
    """WCAG 2.2, contrast ratio."""

    def luminance(color: Color) -> float:
        parts = [part / 255 for part in color.rgb]
        red, green, blue = (
            part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
        )
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_there_are_a_dark_a_light_a_high_contrast_and_an_ansi_theme() -> None:
    themes = shipped_themes()
    assert set(themes) == {"mlws-dark", "mlws-light", "mlws-contrast", "mlws-ansi"}
    assert themes["mlws-dark"].dark and not themes["mlws-light"].dark
    assert Settings().theme in themes


@pytest.mark.parametrize(("name", "least"), [("mlws-dark", 4.5), ("mlws-light", 4.5), ("mlws-contrast", 7.0)])
def test_every_text_can_be_read_on_every_ground(name: str, least: float) -> None:
    colors = shipped_themes()[name].to_color_system().generate()
    for ground in ("background", "surface"):
        for text in TEXTS:
            ratio = contrast(Color.parse(colors[text]), Color.parse(colors[ground]))
            assert ratio >= least, f"{text} on {ground}: {ratio:.2f}"
    cursor = contrast(
        Color.parse(colors["block-cursor-foreground"]), Color.parse(colors["block-cursor-background"])
    )
    assert cursor >= least


def test_the_ansi_theme_names_no_colour_but_the_terminals_own() -> None:
    theme = shipped_themes()["mlws-ansi"]
    assert theme.ansi
    named = [value for value in vars(theme).values() if isinstance(value, str) and value != theme.name]
    assert named and all(value.startswith("ansi_") for value in named)
    words = {value for key, value in theme.variables.items() if not key.endswith("style")}
    assert all(value.startswith("ansi_") for value in words)


@pytest.mark.parametrize("name", ["mlws-dark", "mlws-light", "mlws-contrast", "mlws-ansi"])
async def test_an_app_starts_with_each(name: str) -> None:
    class Plain(App[None]):
        def compose(self) -> ComposeResult:
            yield Label("text", markup=False)

        def on_mount(self) -> None:
            for theme in shipped_themes().values():
                self.register_theme(theme)
            self.theme = name

    app = Plain()
    async with app.run_test() as pilot:
        await pilot.pause()
        assert app.theme == name


def load_one(tmp_path: Path, text: str) -> tuple[list[Theme], list[str]]:
    (tmp_path / "mine.yaml").write_text(text)
    themes, problems = load_themes([tmp_path / "missing", tmp_path])
    return themes, [problem.sentence() for problem in problems]


def test_a_persons_theme_replaces_a_shipped_one_of_its_name(tmp_path: Path) -> None:
    (tmp_path / "mlws-dark.yaml").write_text("primary: '#ff0000'\n")
    themes, problems = load_themes([shipped("themes"), tmp_path])
    assert problems == []
    assert {theme.name: theme.primary for theme in themes}["mlws-dark"] == "#ff0000"
    assert len(themes) == 4


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("primary: red\nacent: blue\n", 2, "did you mean accent?"),
        ("primary: red\naccent: notacolour\n", 2, "accent is no colour"),
        ("primary: red\naccent: #00ff00\n", 2, "write it in quotes"),
        ("primary: red\ndark: maybe\n", 2, "true or false"),
        ("primary: red\ntext_alpha: 3\n", 2, "from 0 to 1"),
        ("primary: red\nvariables:\n  bordr: red\n", 3, "did you mean border?"),
        ("primary: red\nvariables:\n  border: rot\n", 3, "border is no colour"),
        ("primary: red\nvariables:\n  text-muted: auto 160%\n", 3, "text-muted is no colour"),
        ("primary: red\nvariables:\n  link-style: loud\n", 3, "no text style"),
        ("primary: red\nvariables: [a]\n", 2, "names and values"),
    ],
)
def test_a_wrong_field_is_named_and_left_to_its_default(
    tmp_path: Path, text: str, line: int, what: str
) -> None:
    (theme,), (said,) = load_one(tmp_path, text)
    assert f"{tmp_path / 'mine.yaml'}, line {line}: " in said
    assert what in said
    assert theme.accent is None
    theme.to_color_system().generate()


@pytest.mark.parametrize("text", ["accent: red\n", "", "primary: nope\n", "primary: [\n", "- primary\n"])
def test_a_theme_without_a_primary_colour_is_not_offered(tmp_path: Path, text: str) -> None:
    themes, problems = load_one(tmp_path, text)
    assert themes == []
    assert problems
