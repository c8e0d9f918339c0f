"""Which panes stand on the screen at which size."""

from hypothesis import given
from hypothesis import strategies as st

from mlws_tui.ui.layout import PANES, choose


def test_all_five_panes_are_on_a_screen_of_120_by_40_and_up() -> None:
    for size in ((120, 40), (200, 60), (160, 45)):
        layout = choose(*size, focused="runs", side="journal", zoomed=False)
        assert layout.shown == frozenset(PANES)
        assert not layout.tabs


def test_one_pane_with_tabs_at_80_by_24() -> None:
    layout = choose(80, 24, focused="journal", side="gpus", zoomed=False)
    assert layout.shown == {"journal"}
    assert layout.tabs


def test_a_wide_but_low_screen_keeps_runs_and_log_beside_the_side_pane_last_used() -> None:
    assert choose(140, 26, "runs", "session", False).shown == {"runs", "log", "session"}
    assert choose(140, 26, "gpus", "session", False).shown == {"runs", "log", "gpus"}


@given(
    st.integers(20, 300),
    st.integers(8, 100),
    st.sampled_from(PANES),
    st.sampled_from(("gpus", "journal", "session")),
    st.booleans(),
)
def test_the_focused_pane_is_always_shown(
    columns: int, rows: int, focused: str, side: str, zoomed: bool
) -> None:
    layout = choose(columns, rows, focused, side, zoomed)
    assert focused in layout.shown
    assert layout.tabs or layout.shown == frozenset(PANES)
    if zoomed:
        assert layout.shown == {focused}
