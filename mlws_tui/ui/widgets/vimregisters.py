"""What vim's commands took and put back: the registers."""

from __future__ import annotations

from mlws_tui.ui.widgets.editorsheet import Place, Sheet, between, indent

_CLIPBOARD = ("+", "*")


class Registers:
    """Texts under one sign each; ``+`` and ``*`` are the clipboard, ``_`` keeps nothing."""

    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet
        self._texts: dict[str, tuple[str, bool]] = {}

    def keep(self, name: str, text: str, *, linewise: bool, yanked: bool = False) -> None:
        """Keep a text; in capitals it is put behind what is there."""
        if name == "_":
            return
        if name in _CLIPBOARD:
            self._sheet.copy(text + ("\n" if linewise else ""))
        elif name.isupper():
            before, lines = self._texts.get(name.lower(), ("", False))
            whole = linewise or lines
            gap = "\n" if before and whole else ""
            self._texts[name.lower()] = before + gap + text, whole
        elif name:
            self._texts[name] = text, linewise
        self._texts[""] = text, linewise
        if yanked and not name:
            self._texts["0"] = text, linewise

    def get(self, name: str) -> tuple[str, bool] | None:
        """The text of a register and whether it is whole lines; None where there is none."""
        if name in _CLIPBOARD:
            text = self._sheet.clipboard()
            return (text.removesuffix("\n"), text.endswith("\n")) if text else None
        return self._texts.get("" if name == '"' else name.lower())

    def put(self, name: str, *, before: bool, times: int) -> None:
        """Put a text in before or behind the cursor, or its lines above or below."""
        kept = self.get(name)
        if kept is None:
            return
        sheet, (text, linewise) = self._sheet, kept
        row, column = sheet.cursor
        line = sheet.lines[row]
        if linewise:
            lines = "\n".join([text] * times)
            if before:
                sheet.replace((row, 0), (row, 0), lines + "\n")
            else:
                sheet.replace((row, len(line)), (row, len(line)), "\n" + lines)
                row += 1
            sheet.cursor = row, indent(sheet.lines[row])
            return
        at = column if before else min(column + 1, len(line))
        end = sheet.replace((row, at), (row, at), text * times)
        sheet.cursor = (row, at) if "\n" in text else (end[0], max(0, end[1] - 1))

    def put_over(self, name: str, start: Place, end: Place, lines: bool) -> None:
        """Put a text in the place of what is selected; that is kept then.

        Args:
            name: The register.
            start: Where the selection begins.
            end: Where it ends.
            lines: Whether whole lines are selected.
        """
        kept = self.get(name)
        if kept is None:
            return
        text, linewise = kept
        old = between(self._sheet.lines, start, end)
        if linewise and not lines:
            text = f"\n{text}\n"
        last = self._sheet.replace(start, end, text)
        self.keep("", old, linewise=lines)
        self._sheet.cursor = start if linewise or lines else (last[0], max(0, last[1] - 1))
