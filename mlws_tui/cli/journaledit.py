"""``mlws-tui today --edit``: an entry in the person's own editor, saved as safely as by the app."""

from __future__ import annotations

import click

from mlws_tui.cli.output import run_async, say
from mlws_tui.domain.errors import MlwsError
from mlws_tui.domain.journal_edits import trim_end
from mlws_tui.services.drafts import Lent
from mlws_tui.services.externaleditor import at_line, editor_command, run
from mlws_tui.services.journal import DayRef, JournalService
from mlws_tui.services.pages import Conflict


def edit_day(service: JournalService, ref: DayRef) -> str:
    """Let the person write an entry in ``$VISUAL`` or ``$EDITOR``, and save it; what became of it, in one sentence.

    What they wrote is in a file of its own until it is in the journal; the app offers it, should it not get there.

    Raises:
        MlwsError: if there is no editor, it fails, or the entry cannot be saved.
    """
    editor = editor_command()
    lent = _lend(service, ref)
    ended = run_async(run(at_line(editor, lent.short, lent.text.count("\n") + 1)))
    if ended.code is None:
        _give_back(service, lent)
        raise MlwsError(ended.problem)
    text = trim_end(lent.read())
    day = ref.date.isoformat()
    emptied = bool(lent.base) and not text.strip()
    if text == trim_end(lent.text) or (emptied and not click.confirm(f"Empty the entry of {day}?", err=True)):
        _give_back(service, lent)
        if ended.code:
            raise MlwsError(f"The editor {ended.words}; nothing was changed")
        return f"{day} is as it was"
    where = f"what you wrote is in {lent.path}, and the app will offer it"
    if ended.code:
        raise MlwsError(f"The editor {ended.words}; the journal is as it was", hint=where)
    try:
        saved = service.save_day(ref, lent.base, text)
    except MlwsError:
        say(where)
        raise
    if isinstance(saved, Conflict):
        raise MlwsError(f"{day} was changed on the same lines meanwhile", hint=where)
    _give_back(service, lent)
    merged = ", with what another program wrote meanwhile" if saved.merged else ""
    return f"{day} is saved{merged}"


def _lend(service: JournalService, ref: DayRef) -> Lent:
    """The entry in a file for the editor; what the template gives where there is none yet.

    Raises:
        MlwsError: if the journal cannot be read or the file not be made.
    """
    page = service.day(ref)
    text = page.text if page.exists else service.starter(ref)
    try:
        return service.drafts.lend(page.key, page.text, text, f"{ref.date.isoformat()}.md", page.newline)
    except OSError as error:
        raise MlwsError(
            f"No file can be made for the editor: {error.strerror or error}",
            hint=f"make room in {service.drafts.folder}",
        ) from error


def _give_back(service: JournalService, lent: Lent) -> None:
    try:
        service.drafts.give_back(lent)
    except OSError as error:
        say(f"{lent.path} stays: {error.strerror or error}")
