"""The results of a run as other trackers show them: what was set, else what was logged last."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from typing import Any

from mlws_tui.sdk.summary import Summary


class Results(MutableMapping[str, Any]):
    """Reads and sets the run's summary, by item and by attribute.

    Args:
        summary: The run's own, in which what is set is recorded.
        logged: The values that were logged last, by name.
    """

    _summary: Summary
    _logged: dict[str, Any]

    def __init__(self, summary: Summary, logged: dict[str, Any]) -> None:
        object.__setattr__(self, "_summary", summary)
        object.__setattr__(self, "_logged", logged)

    def __getitem__(self, key: str) -> Any:
        return self._summary[key] if key in self._summary else self._logged[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self._summary[key] = value

    def __delitem__(self, key: str) -> None:
        del self._summary[key]

    def __iter__(self) -> Iterator[str]:
        return iter({**self._logged, **self._summary})

    def __len__(self) -> int:
        return len({**self._logged, **self._summary})

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"there is no result {name!r} yet") from None

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value

    def update(self, *args: Any, **kwargs: Any) -> None:
        """Set several at once."""
        self._summary.update(*args, **kwargs)
