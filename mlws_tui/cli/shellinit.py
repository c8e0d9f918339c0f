"""``mlws-tui shell-init``: short commands for the journal and completion, to be read by a shell's own file."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path

import click
from click.shell_completion import ShellComplete, get_completion_class

from mlws_tui.cli.output import Session
from mlws_tui.domain.events import ENV_WORKSPACE

_NAME = "mlws-tui"
_SECTIONS = "models experiments agents datasets code workspace learning next"
_BASH = """\
# Put this line into ~/.bashrc:  eval "$(mlws-tui shell-init bash)"
unalias ml-log log-activity today 2>/dev/null || :
function ml-log {{ if [ "$#" -gt 0 ]; then {program} log "$@"; else {program} today; fi; }}
function log-activity {{ {program} log "$@"; }}
function today {{ {program} today "$@"; }}
"""
_BASH_SECTIONS = 'complete -o default -W "{sections}" ml-log log-activity\n'
_ZSH = """\
# Put this line into ~/.zshrc, below compinit:  eval "$(mlws-tui shell-init zsh)"
unalias ml-log log-activity today 2>/dev/null || :
function ml-log {{ if [ "$#" -gt 0 ]; then {program} log "$@"; else {program} today; fi; }}
function log-activity {{ {program} log "$@"; }}
function today {{ {program} today "$@"; }}
if (( ${{+functions[compdef]}} )); then
"""
_ZSH_SECTIONS = """\
function _mlws_sections {{ (( CURRENT == 2 )) && compadd {sections}; }}
compdef _mlws_sections ml-log log-activity
fi
"""
_FISH = """\
# Put this line into ~/.config/fish/config.fish:  mlws-tui shell-init fish | source
function ml-log --description 'Write a line into the journal, or show today'
    if count $argv >/dev/null
        {program} log $argv
    else
        {program} today
    end
end
function log-activity --description 'Write a line into the journal'
    {program} log $argv
end
function today --description 'Show what the journal has of today'
    {program} today $argv
end
"""
_FISH_SECTIONS = """\
complete --command ml-log --condition '__fish_is_nth_token 1' --arguments '{sections}'
complete --command log-activity --condition '__fish_is_nth_token 1' --arguments '{sections}'
"""
_PARTS = {
    "bash": (_BASH, _BASH_SECTIONS),
    "zsh": (_ZSH, _ZSH_SECTIONS),
    "fish": (_FISH, _FISH_SECTIONS),
}


@click.command("shell-init")
@click.argument("shell", type=click.Choice(list(_PARTS)))
@click.pass_obj
def command(session: Session, shell: str) -> None:
    """Print short commands and completion for SHELL, to be read by its start-up file.

    \b
    bash   eval "$(mlws-tui shell-init bash)"       in ~/.bashrc
    zsh    eval "$(mlws-tui shell-init zsh)"        in ~/.zshrc, below compinit
    fish   mlws-tui shell-init fish | source        in ~/.config/fish/config.fish

    \b
    ml-log SECTION TEXT…         a line in today's entry; alone it shows the entry
    log-activity SECTION TEXT…   the same, with all options of mlws-tui log
    today                        today's entry

    mlws-tui --workspace PATH shell-init SHELL makes PATH the workspace of every folder too, by MLWS_WORKSPACE.
    """
    program = _program()
    head, tail = (part.format(program=program, sections=_SECTIONS) for part in _PARTS[shell])
    if session.given:
        head += _export(shell, str(session.workspace().root))
    click.echo(head + _completion(shell) + tail, nl=False)


def export_line(path: str) -> str:
    """What makes a workspace that of every folder, in a shell's file."""
    return f"export {ENV_WORKSPACE}={shlex.quote(path)}"


def _export(shell: str, path: str) -> str:
    """As `export_line`; another workspace that was chosen for a terminal or a folder stays chosen."""
    if shell == "fish":
        escaped = path.replace("\\", "\\\\").replace("'", "\\'")
        return f"set -q {ENV_WORKSPACE}; or set -gx {ENV_WORKSPACE} '{escaped}'\n"
    return f'[ -n "${{{ENV_WORKSPACE}:-}}" ] || {export_line(path)}\n'


def _program() -> str:
    """How the shell reaches this program: by name where that is on the path, else by where it lies."""
    from shutil import which

    if which(_NAME) is None:
        here = Path(sys.argv[0])
        if here.name == _NAME and os.access(here, os.X_OK):
            return shlex.quote(str(here.absolute()))
        return f"{shlex.quote(sys.executable)} -m mlws_tui"
    return f"command {_NAME}"


def _completion(shell: str) -> str:
    """What click offers for a shell; without its look at the version of bash, which starts one."""
    from mlws_tui.cli.main import COMPLETE, cli

    known = get_completion_class(shell)
    if known is None:
        raise RuntimeError(f"click has no completion for {shell}")
    return ShellComplete.source(known(cli, {}, _NAME, COMPLETE))
