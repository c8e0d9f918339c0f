"""What a chart is made of: curves, markers, and how they are looked at."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from mlws_tui.domain.charts.places import Axis, Timeline
from mlws_tui.domain.runs import Bucket
from mlws_tui.domain.series import NO_SMOOTHING, SMOOTHINGS, Smoothing

#: Curves that are drawn at most.
MOST_CURVES = 12


@dataclass(frozen=True, slots=True)
class Plot:
    """One curve to draw.

    Attributes:
        name: The metric's.
        buckets: Its points, in the order written.
        run: Whose it is: the run's id.
        label: What the legend calls it; empty for its name.
        timeline: Where the moments of its run lie.
        hue: Number of its colour; None for its place among the curves.
        dashed: Whether it is drawn in long dashes, as the second of two of one colour.
    """

    name: str
    buckets: tuple[Bucket, ...]
    run: str = ""
    label: str = ""
    timeline: Timeline = field(default_factory=Timeline)
    hue: int | None = None
    dashed: bool = False

    @property
    def title(self) -> str:
        """What the legend calls it."""
        return self.label or self.name


@dataclass(frozen=True, slots=True)
class Marker:
    """Something that happened at a moment of a run: a sign on the x axis.

    Attributes:
        kind: ``checkpoint``, ``alert`` or ``note``.
        step: Its step; NaN where only its time is known.
        ts: Unix seconds.
        words: What it was.
        timeline: Where the moments of its run lie.
    """

    kind: str
    step: float
    ts: float
    words: str
    timeline: Timeline = field(default_factory=Timeline)


@dataclass(frozen=True, slots=True)
class Window:
    """The part of the x axis that is looked at.

    Attributes:
        low: Its left end, in what the axis counts.
        high: Its right end.
        follows: Whether it goes along with the end of the curves as they grow.
    """

    low: float
    high: float
    follows: bool = False


@dataclass(frozen=True, slots=True)
class View:
    """How curves are drawn.

    Attributes:
        smoothing: How the bright line is smoothed.
        axis: What x counts.
        log_x: Whether x is logarithmic; what lies at 0 or below is left out then.
        log_y: Whether y is logarithmic; without a value above 0 it stays linear.
        window: The part of the x axis to show; None for all of it.
        empty: What to say where there is nothing to draw.
        plain: Whether there are no colours: curves then have their letters all along them, and no raw values behind.
    """

    smoothing: Smoothing = NO_SMOOTHING
    axis: Axis = Axis.STEP
    log_x: bool = False
    log_y: bool = False
    window: Window | None = None
    empty: str = "no metrics logged yet"
    plain: bool = False

    def next_axis(self) -> View:
        """With x counting the next thing: steps, epochs, the time since the beginning, the clock."""
        return replace(self, axis=self.axis.following, window=None)

    def next_smoothing(self) -> View:
        """Smoothed more, in another way, not at all, or a little again."""
        at = SMOOTHINGS.index(self.smoothing) if self.smoothing in SMOOTHINGS else -1
        return replace(self, smoothing=SMOOTHINGS[(at + 1) % len(SMOOTHINGS)])

    def turned(self, which: str) -> View:
        """With x or y (``x`` or ``y``) logarithmic, or linear again."""
        if which == "x":
            return replace(self, log_x=not self.log_x, window=None)
        return replace(self, log_y=not self.log_y)

    @property
    def words(self) -> list[str]:
        """What is out of the ordinary, in words."""
        words = [word for word, on in (("log x", self.log_x), ("log y", self.log_y)) if on]
        if self.smoothing.word:
            words.append(self.smoothing.word)
        if self.window is not None:
            words.append("zoomed, follows" if self.window.follows else "zoomed")
        return words
