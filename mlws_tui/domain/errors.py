"""The one tree of errors that a person may see: what happened, where, and what to do."""

from __future__ import annotations


class MlwsError(Exception):
    """Something that a person should be told in one sentence.

    Args:
        title: What happened and where, one sentence without a full stop needed.
        detail: More for who wants it; may span lines.
        hint: What the person can do now.
    """

    exit_code = 1

    def __init__(self, title: str, *, detail: str = "", hint: str = "") -> None:
        super().__init__(f"{title} ({hint})" if hint else title)
        self.title = title
        self.detail = detail
        self.hint = hint

    def sentence(self) -> str:
        """The title and, where there is one, the hint: what goes to stderr or a notice."""
        return f"{self.title} ({self.hint})" if self.hint else self.title


class UsageError(MlwsError):
    """The person asked for something that cannot be asked so; the CLI exits with 2."""

    exit_code = 2


class ConfigError(MlwsError):
    """A settings, keymap, theme or template file that cannot be used as it is."""


class WorkspaceError(MlwsError):
    """There is no usable workspace, or a path that would leave it."""


class NotFoundError(MlwsError):
    """A run, log, day or session that does not exist; the hint names near ones."""


class StoreError(MlwsError):
    """The index could not be read or written; the streams still hold everything."""
