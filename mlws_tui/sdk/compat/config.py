"""A configuration that is read and set by item and by attribute, as other trackers' users write it."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from typing import Any

from mlws_tui.domain.events import plain
from mlws_tui.sdk import given
from mlws_tui.sdk.notice import never_raise
from mlws_tui.sdk.running import Run


class Config(MutableMapping[str, Any]):
    """The configuration of a run; of no run yet until it is bound to one.

    What was given to ``mlws-tui run --config`` holds over what the script sets, as it does for runs of ours.
    """

    _values: dict[str, Any]
    _run: Run | None

    def __init__(self, values: Any = None) -> None:
        object.__setattr__(self, "_values", _mapping(values))
        object.__setattr__(self, "_run", None)

    def bind(self, run: Run) -> None:
        """Record it in a run, from now on."""
        object.__setattr__(self, "_run", run)
        self._record()

    def __getitem__(self, key: str) -> Any:
        return self._values[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self._values[str(key)] = value
        self._record()

    def __delitem__(self, key: str) -> None:
        del self._values[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __getattr__(self, name: str) -> Any:
        try:
            return self._values[name]
        except KeyError:
            raise AttributeError(f"the configuration has no {name!r}") from None

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value

    def __repr__(self) -> str:
        return repr(self._values)

    @never_raise
    def update(  # type: ignore[override]
        self, values: Any = None, allow_val_change: object = None, **more: Any
    ) -> None:
        """Set what a mapping, a namespace or pairs hold.

        Frameworks change values by `allow_val_change`: they are in use, whatever was given to ``mlws-tui run``.
        """
        new = {**_mapping(values), **more}
        self._values.update(new)
        if allow_val_change is True and self._run is not None:
            self._run.configure(new, actual=True)
        self._record()

    @never_raise
    def setdefaults(self, values: Any) -> None:
        """Set what is not set yet."""
        object.__setattr__(self, "_values", {**_mapping(values), **self._values})
        self._record()

    def as_dict(self) -> dict[str, Any]:
        """A copy as a plain dict."""
        return dict(self._values)

    @never_raise
    def _record(self) -> None:
        if self._run is None:
            return
        known = self._run.config
        self._run.configure(
            {key: item for key, item in self._values.items() if known.get(key) != plain(item)}
        )
        for key, held in self._run.config.items():
            if key not in self._values or plain(self._values[key]) != held:
                self._values[key] = held


def _mapping(values: Any) -> dict[str, Any]:
    """The values as they are, not as they are recorded: the script reads them again."""
    try:
        return {str(key): value for key, value in dict(values or {}).items()}
    except (TypeError, ValueError):
        fields = getattr(values, "__dict__", None)
        return dict(fields) if fields is not None else given.mapping(values)
