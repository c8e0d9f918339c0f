"""The settings: every key, its type, its limits and its default, in one place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_args, get_origin

import msgspec
from msgspec import Meta


class GpuSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the GPUs are sampled."""

    interval: Annotated[
        float, Meta(ge=0.2, le=60, description="Seconds between two looks at the GPUs while they are shown")
    ] = 1.0


class RunsSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How runs are judged."""

    lost_after: Annotated[
        float,
        Meta(
            ge=10,
            le=604_800,
            description="Seconds of silence after which a run of another host counts as lost",
        ),
    ] = 600.0


class FilesSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who may read what the workspace's programs write."""

    private: Annotated[
        bool,
        Meta(description="Whether only you may read what is recorded; false: your group may read it, too"),
    ] = True


class LogsSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How logs are kept and read."""

    archive_after: Annotated[
        float,
        Meta(
            ge=0, le=36_500, description="Days after which the app offers to archive logs; 0: it never does"
        ),
    ] = 30.0
    metrics: Annotated[bool, Meta(description="Whether figures are read from the text of logs")] = True


class JournalSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the journal is written, and what is written into it by itself."""

    auto: Annotated[
        tuple[Literal["started", "completed", "failed", "stopped"], ...],
        Meta(
            description="Which lines about runs are written into the journal unasked; none: they are offered"
        ),
    ] = ()
    keys: Annotated[
        Literal["plain", "vim", "emacs"], Meta(description="Whose keys the editor of texts has")
    ] = "plain"
    reminders: Annotated[
        bool, Meta(description="Whether you are reminded of a day that has runs and no words")
    ] = True


class SessionsSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How session logs are kept."""

    reminders: Annotated[
        bool,
        Meta(
            description="Whether you are reminded of an experiment that no session log tells of after a day"
        ),
    ] = True


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All settings. Each has a default, so an empty file is a valid one."""

    theme: Annotated[
        str, Meta(min_length=1, max_length=64, description="Name of the colours; mlws-tui themes lists them")
    ] = "mlws-dark"
    gpu: GpuSettings = GpuSettings()
    runs: RunsSettings = RunsSettings()
    files: FilesSettings = FilesSettings()
    logs: LogsSettings = LogsSettings()
    journal: JournalSettings = JournalSettings()
    sessions: SessionsSettings = SessionsSettings()


@dataclass(frozen=True, slots=True)
class Setting:
    """One key of the settings.

    Attributes:
        key: Its full name, such as ``gpu.interval``.
        type: What msgspec converts its value to, limits included.
        expects: The same in words: ``a number from 0.2 to 60``.
        default: The value that holds where no file sets it.
        description: What it does, in a few words.
    """

    key: str
    type: Any
    expects: str
    default: Any
    description: str


def all_settings() -> dict[str, Setting]:
    """Every key by its full name, in the order of the schema."""
    return {setting.key: setting for setting in _settings_of(Settings, "")}


def build(values: dict[str, Any]) -> Settings:
    """The settings with these values by full key; the rest are defaults.

    Raises:
        msgspec.ValidationError: if a key or a value does not fit the schema.
    """
    nested: dict[str, Any] = {}
    for key, value in values.items():
        *groups, last = key.split(".")
        place = nested
        for group in groups:
            place = place.setdefault(group, {})
        place[last] = value
    return msgspec.convert(nested, Settings)


def commented_defaults() -> str:
    """The defaults as a settings file in which every line is a comment: where a person begins."""
    lines = ["# Settings of this workspace. Every line is a default; uncomment and change what you need."]
    group = ""
    for setting in all_settings().values():
        above, _, name = setting.key.rpartition(".")
        if above != group:
            lines.append(f"#{above}:")
            group = above
        indent = "  " if above else ""
        lines.append(f"#{indent}{name}: {written(setting.default)}  # {setting.description}")
    return "\n".join(lines) + "\n"


def written(value: object) -> str:
    """A value as it is written in a settings file."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"[{', '.join(map(written, value))}]" if isinstance(value, list | tuple) else str(value)


def _settings_of(struct: type[msgspec.Struct], prefix: str) -> Iterator[Setting]:
    for field in msgspec.structs.fields(struct):
        key = prefix + field.name
        if isinstance(field.type, type) and issubclass(field.type, msgspec.Struct):
            yield from _settings_of(field.type, f"{key}.")
            continue
        meta: Meta = field.type.__metadata__[0]
        yield Setting(key, field.type, _expects(field.type, meta), field.default, meta.description or "")


def _expects(kind: Any, meta: Meta) -> str:
    if kind.__origin__ is bool:
        return "true or false"
    if kind.__origin__ not in (str, float):
        words = get_args(kind.__origin__)
        if get_origin(kind.__origin__) is Literal:
            return f"{', '.join(words[:-1])} or {words[-1]}"
        words = get_args(words[0])
        return f"a list of {', '.join(words[:-1])} or {words[-1]}"
    if kind.__origin__ is str:
        return f"a text of {meta.min_length} to {meta.max_length} characters"
    return f"a number from {meta.ge:g} to {meta.le:g}"
