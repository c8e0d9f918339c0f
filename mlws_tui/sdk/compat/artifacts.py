"""Artifacts as other trackers' users make them: a name over files that stay where they are."""

from __future__ import annotations

import os
from typing import IO, Any, Self

from mlws_tui.domain.events import slug
from mlws_tui.sdk import place
from mlws_tui.sdk.files import resolved
from mlws_tui.sdk.notice import never_raise
from mlws_tui.sdk.running import Run


class Artifact:
    """Files under a name. Nothing is copied: each is recorded by its path when the artifact is logged.

    Attributes:
        name: What the script calls it.
        type: What it is; ``model`` counts as a checkpoint.
        paths: Its files and folders.
    """

    def __init__(
        self,
        name: str = "artifact",
        type: str = "file",  # noqa: A002 - as the callers name it
        description: str | None = None,
        metadata: Any = None,
        **options: Any,
    ) -> None:
        self.name = str(name)
        self.type = str(type)
        self.description = description
        self.metadata = dict(metadata or {})
        self.aliases: list[str] = []
        self.version = "v0"
        self.paths: list[str] = []

    @never_raise
    def add_file(self, local_path: str | os.PathLike[str], name: str | None = None, **options: Any) -> None:
        """Add a file that is there."""
        self.paths.append(resolved(local_path))

    @never_raise
    def add_dir(self, local_path: str | os.PathLike[str], name: str | None = None, **options: Any) -> None:
        """Add a folder that is there."""
        self.paths.append(resolved(local_path))

    @never_raise
    def add_reference(self, uri: object, name: str | None = None, **options: Any) -> None:
        """Add a file by its address; one of another machine cannot be recorded and is passed over."""
        text = str(uri).removeprefix("file://")
        if "://" not in text:
            self.paths.append(resolved(text))

    def new_file(self, name: str, mode: str = "w", encoding: str | None = None) -> IO[Any]:
        """Open a new file of the artifact, below ``artifacts/`` in the workspace.

        Raises:
            OSError: if it cannot be made.
            ValueError: if its name leads out of the artifact's folder.
        """
        folder = os.path.join(place.find(), "artifacts", slug(self.name))
        path = os.path.normpath(os.path.join(folder, name))
        if not path.startswith(folder + os.sep):
            raise ValueError(f"{name!r:.100} leads out of the artifact's folder")
        os.makedirs(os.path.dirname(path), exist_ok=True)
        self.paths.append(path)
        return open(path, mode, encoding=encoding)

    def wait(self, *args: Any, **options: Any) -> Self:
        """There is nothing to wait for."""
        return self

    def record(self, run: Run) -> None:
        """Record its files in a run."""
        kind = "checkpoint" if self.type == "model" else self.type
        for path in self.paths:
            run.artifact(path, kind=kind)
