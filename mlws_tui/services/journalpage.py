"""Markdown of several days as one HTML page: no script, nothing from elsewhere, readable in light and dark."""

from __future__ import annotations

import os
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from markdown_it import MarkdownIt
from markdown_it.token import Token

from mlws_tui.domain.links import TextLink, links_of
from mlws_tui.domain.text import safe_text
from mlws_tui.services.logplaces import is_file

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_STYLE = """
:root { color-scheme: light dark; --ink: #1f2328; --soft: #59636e; --line: #d1d9e0; --back: #ffffff; --code: #f6f8fa;
  --link: #0969da; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --soft: #9198a1; --line: #3d444d; --back: #0d1117;
  --code: #161b22; --link: #4493f8; } }
body { margin: 0 auto; max-width: 46rem; padding: 2rem 1rem 4rem; background: var(--back); color: var(--ink);
  font: 16px/1.55 system-ui, sans-serif; overflow-wrap: break-word; }
nav { color: var(--soft); font-size: .9rem; } nav a { margin-right: .8em; white-space: nowrap; }
article { border-top: 1px solid var(--line); margin-top: 2rem; }
a { color: var(--link); text-decoration: none; } a:hover { text-decoration: underline; }
code, pre { font: .875em/1.5 ui-monospace, monospace; background: var(--code); border-radius: 4px; }
code { padding: .1em .3em; } pre { padding: .8em 1em; overflow-x: auto; } pre code { padding: 0; }
blockquote { margin-left: 0; padding-left: 1em; border-left: 3px solid var(--line); color: var(--soft); }
table { border-collapse: collapse; } th, td { border: 1px solid var(--line); padding: .3em .7em; }
li:has(> input), li:has(> p > input) { list-style: none; margin-left: -1.3em; }
.moved, .cancelled { color: var(--soft); } @media print { nav { display: none; } }
"""
_BOXES = {
    "[ ]": '<input type="checkbox" disabled>',
    "[x]": '<input type="checkbox" disabled checked>',
    "[X]": '<input type="checkbox" disabled checked>',
    "[>]": '<span class="moved" title="moved to another day">→</span>',
    "[-]": '<span class="cancelled" title="cancelled">×</span>',
}


class Places:
    """Where what a text names lies, seen from the page.

    Args:
        root: The workspace.
        folder: Where the page lies.
        logs: The logs that exist, relative to the workspace.
    """

    def __init__(self, root: Path, folder: Path, logs: Sequence[str]) -> None:
        self._root, self._folder = root, folder
        self._runs = {Path(log).name.partition(".log")[0]: log for log in reversed(logs)}

    def address(self, link: TextLink) -> str:
        """Where a link of plain text leads; empty where there is nothing."""
        if link.kind == "run":
            return self._relative(self._runs.get(link.target, ""))
        if link.kind == "session":
            name = link.target.rpartition("/")[2].removesuffix(".md")
            return self._relative(f"docs/sessions/{name}.md")
        if link.kind in ("log", "file"):
            return self._relative(link.target)
        return link.target if link.kind == "url" and link.target.startswith(("http://", "https://")) else ""

    def moved(self, href: str) -> str:
        """A link of the journal as the page must write it."""
        try:
            parts = urlsplit(href)
        except ValueError:  # no address at all: it leads nowhere there either
            return href
        if parts.scheme or parts.netloc or not parts.path or parts.path.startswith("/"):
            return href
        path = self._seen_from_page(unquote(parts.path))
        return f"{path}#{parts.fragment}" if parts.fragment else path

    def _relative(self, name: str) -> str:
        there = bool(name) and not name.startswith("/") and is_file(self._root / name)
        return self._seen_from_page(name) if there else ""

    def _seen_from_page(self, name: str) -> str:
        return quote(os.fsencode(os.path.relpath(self._root / name, self._folder)))


def page(days: Sequence[tuple[str, str]], places: Places) -> str:
    """The page.

    Args:
        days: The date and the Markdown of each.
        places: Where files lie.
    """
    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    ids = _ids([day for day, _ in days])
    dates = sorted(day for day, _ in days)
    span = dates[0] if len(set(dates)) == 1 else f"{dates[0]} to {dates[-1]}" if dates else "no entries"
    links = "\n".join(f'<a href="#{id}">{day}</a>' for id, (day, _) in zip(ids, days, strict=True))
    articles = "\n".join(
        f'<article id="{id}">\n{_html(parser, text, places)}</article>'
        for id, (_, text) in zip(ids, days, strict=True)
    )
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>Journal: {span}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<h1>Journal</h1>\n"
        f"<nav>\n{links}\n</nav>\n{articles}\n</body>\n</html>\n"
    )


def _ids(days: Sequence[str]) -> list[str]:
    """A name for each entry; a date that is there again gets a number."""
    seen: dict[str, int] = {}
    result = []
    for day in days:
        seen[day] = seen.get(day, 0) + 1
        result.append(day if seen[day] == 1 else f"{day}-{seen[day]}")
    return result


def _html(parser: MarkdownIt, text: str, places: Places) -> str:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    tokens = parser.parse("\n".join(safe_text(line, tab="\t") for line in lines))
    for place, token in enumerate(tokens):
        if token.type == "inline":
            in_item = place >= 2 and tokens[place - 2].type == "list_item_open"
            token.children = list(_inline(token.children or [], places, first=in_item))
    rendered: str = parser.renderer.render(tokens, parser.options, {})
    return rendered


def _inline(children: Sequence[Token], places: Places, *, first: bool) -> list[Token]:
    """The tokens of a line: boxes drawn, files linked, images as links: the page loads nothing."""
    result: list[Token] = []
    linked = 0
    for place, token in enumerate(children):
        linked += token.nesting if token.type in ("link_open", "link_close") else 0
        if token.type == "link_open":
            token.attrSet("href", places.moved(str(token.attrGet("href") or "")))
        elif token.type == "image":
            source = places.moved(str(token.attrGet("src") or ""))
            shown = escape(token.content or source)
            token = _raw(shown if linked else f'<a href="{escape(source)}">{shown}</a>')
        elif token.type == "text":
            box = (
                _BOXES.get(token.content[:3])
                if first and not place and token.content[3:4] in ("", " ")
                else None
            )
            text = token.content[3:] if box else token.content
            token = _raw((box or "") + (escape(text) if linked else _linked(text, places)))
        elif token.type == "code_inline" and not linked:
            address = next((places.address(link) for link in links_of(token.content) if link.start == 0), "")
            code = f"<code>{escape(token.content)}</code>"
            token = _raw(f'<a href="{escape(address)}">{code}</a>' if address else code)
        result.append(token)
    return result


def _linked(text: str, places: Places) -> str:
    """Plain text with links to the files that it names."""
    done, end = "", 0
    for link in links_of(text):
        address = places.address(link)
        if address:
            shown = escape(text[link.start : link.end])
            done += f'{escape(text[end : link.start])}<a href="{escape(address)}">{shown}</a>'
            end = link.end
    return done + escape(text[end:])


def _raw(html: str) -> Token:
    """A piece of the page that is finished: what was written by the person is escaped in it."""
    extra: dict[str, Any] = {"content": html}
    return Token("html_inline", "", 0, **extra)
