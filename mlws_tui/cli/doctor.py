"""``mlws-tui doctor``: checks the workspace, mends it, makes its index again."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from mlws_tui.cli.app import known_actions, known_themes
from mlws_tui.cli.output import Session, emit_json, run_async
from mlws_tui.domain.checkup import Deed, Report
from mlws_tui.domain.errors import ConfigError, UsageError

if TYPE_CHECKING:
    from mlws_tui.config.workspace import Workspace
    from mlws_tui.services.doctor import Known


@click.command("doctor")
@click.option("--fix", is_flag=True, help="Mend what is safe to mend, and say what was done.")
@click.option(
    "--rebuild", is_flag=True, help="Make the index again from the streams, also while the app is open."
)
@click.option("--deep", is_flag=True, help="Check every page and count of the index, however long it takes.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
@click.pass_obj
def command(session: Session, fix: bool, rebuild: bool, deep: bool, as_json: bool) -> int:
    """Check everything: folders, disks, index, streams, documents, settings, machine. It changes nothing by itself.

    The exit code is 0 where nothing is wrong (there may be advice) and all was done that was asked for, else 1.
    """
    if fix and rebuild:
        raise UsageError("--fix and --rebuild are two steps", hint="first one, then the other")
    from mlws_tui.services.doctor import Case, look, mend

    workspace = session.workspace()
    known = _known(workspace)
    deeds: tuple[Deed, ...] = ()
    if fix:
        deeds = mend(Case(workspace, known))
    elif rebuild:
        deeds = (_rebuild(workspace),)
    report = look(Case(workspace, known, deep=deep))
    if as_json:
        emit_json(document(report, deeds))
    else:
        from mlws_tui.cli.doctor_page import page

        for line in page(report, deeds, fixing=fix, root=str(workspace.root), width=_width()):
            click.echo(line)
    return 0 if _is_ok(report, deeds) else 1


def document(report: Report, deeds: tuple[Deed, ...] = ()) -> dict[str, Any]:
    """The report as its JSON document."""
    return {
        "ok": _is_ok(report, deeds),
        "checks": [
            {
                "name": check.name,
                "ok": check.ok,
                "level": check.level.value,
                "group": group.title,
                "message": check.message,
                "hint": check.hint,
            }
            for group in report.groups
            for check in group.checks
        ],
        "links": {
            "broken": [
                {"path": link.path, "line": link.line, "target": link.target, "hint": link.hint}
                for link in report.broken
            ]
        },
        "done": [{"message": deed.message, "ok": deed.ok} for deed in deeds],
    }


def _is_ok(report: Report, deeds: tuple[Deed, ...]) -> bool:
    return report.ok and all(deed.ok for deed in deeds)


def _known(workspace: Workspace) -> Known:
    from mlws_tui.services.doctor import Known

    actions, _ = known_actions()
    keys = {action.id: action.keys for action in actions}
    try:
        themes, problems = known_themes(workspace)
    except OSError as error:
        return Known(
            keys, (), [ConfigError(f"The themes cannot be read: {error.strerror}: {error.filename}")]
        )
    return Known(keys, [theme.name for theme in themes], problems)


def _rebuild(workspace: Workspace) -> Deed:
    from mlws_tui.services.doctor.words import counted, size
    from mlws_tui.services.rebuild import rebuild

    rebuilt = run_async(rebuild(workspace, progress=_progress))
    if sys.stderr.isatty():
        click.echo("\r\x1b[K", err=True, nl=False)
    what = f"made the index again: {counted(rebuilt.runs, 'run')} in {rebuilt.seconds:.1f} s"
    if rebuilt.kept is not None:
        what += f"; the old one is kept as {rebuilt.kept.name}"
    if rebuilt.behind:
        return Deed(f"{what}; {size(rebuilt.behind)} are still to be read by the app that is open", ok=False)
    if rebuilt.fewer:
        lost = ", ".join(f"{run} ({had} → {has})" for run, (had, has) in list(rebuilt.fewer.items())[:5])
        more = f" and {len(rebuilt.fewer) - 5} more" if len(rebuilt.fewer) > 5 else ""
        what += f". There are fewer points than before, as streams were cut or removed: {lost}{more}"
        return Deed(f"{what}. Keep the old index: it alone has them", ok=False)
    return Deed(what)


def _progress(done: int, everything: int) -> None:
    """One line that is written over, for a person who watches."""
    if not sys.stderr.isatty() or not everything:
        return
    from mlws_tui.services.doctor.words import size

    share = min(1.0, done / everything)
    told = f"reading the streams  {share:4.0%}  {size(done)} of {size(everything)}"
    click.echo(f"\r\x1b[K{told}", err=True, nl=False)


def _width() -> int:
    import shutil

    return min(100, shutil.get_terminal_size().columns)
