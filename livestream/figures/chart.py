"""The timeline drawn: bars of what was paid, and under them what was shown. Whole numbers only."""

from collections.abc import Sequence
from dataclasses import dataclass

from livestream.figures.timeline import Pin, Step, Timeline

# Of a step's place across, and of the highest bar; what is shown lies in a band under the bars.
WIDE, HIGH, BAND = 20, 160, 24


@dataclass(frozen=True)
class Bar:
    """A step's bar: where it begins across and down, and how high it is."""

    step: Step
    x: int
    y: int
    height: int


@dataclass(frozen=True)
class Shown:
    """A pin's piece of the band; `odd` ones differ from their neighbours."""

    pin: Pin
    x: int
    width: int
    odd: bool


@dataclass(frozen=True)
class Chart:
    """A drawing `width` × `height`, with bars `bar` wide and the band from `band_y` on.

    The highest bar stands for `most_fen`.
    """

    width: int
    height: int
    bar: int
    band_y: int
    band: int
    most_fen: int
    bars: Sequence[Bar]
    shown: Sequence[Shown]


def chart(timeline: Timeline) -> Chart:
    """The drawing of a session's timeline."""
    most = max((step.paid_fen for step in timeline.steps), default=0)
    width = WIDE * len(timeline.steps)
    bars = []
    for place, step in enumerate(timeline.steps):
        height = step.paid_fen * HIGH // most if most else 0
        bars.append(Bar(step, place * WIDE, HIGH - height, height))
    each = timeline.step_minutes * 60
    shown = []
    for place, pin in enumerate(timeline.pins):
        x = pin.offset_ms * WIDE // (each * 1000)
        length = max(2, pin.seconds * WIDE // each)
        shown.append(Shown(pin, x, min(length, max(2, width - x)), bool(place % 2)))
    return Chart(width, HIGH + BAND + 4, WIDE - 4, HIGH + 4, BAND, most, bars, shown)
