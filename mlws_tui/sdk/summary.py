"""The results of a run, as a mapping that records what is put into it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, MutableMapping
from typing import Any

from mlws_tui.sdk.notice import never_raise


class Summary(MutableMapping[str, Any]):
    """A dict whose changes are told to `record`, those of one `update` together."""

    def __init__(self, record: Callable[[Mapping[str, Any]], None]) -> None:
        self._record = record
        self._values: dict[str, Any] = {}

    def __getitem__(self, key: str) -> Any:
        return self._values[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self._values[key] = value
        self._record({key: value})

    def __delitem__(self, key: str) -> None:
        del self._values[key]
        self._record({key: None})

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __call__(self, *args: Any, **kwargs: Any) -> None:
        """The same as `update`: ``run.summary({"accuracy": 0.873})``, as other trackers' users write it."""
        self.update(*args, **kwargs)

    @never_raise
    def update(self, *args: Any, **kwargs: Any) -> None:
        changes = dict(*args, **kwargs)
        self._values.update(changes)
        if changes:
            self._record(changes)
