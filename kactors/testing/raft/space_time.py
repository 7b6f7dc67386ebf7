"""Where everything stands in a space-time diagram: lanes, stretches of time, messages.

Time is not to scale: long silences are short on paper, and moments in which much happens are
wide. Order is kept.
"""

from collections.abc import Sequence

import attrs

from kactors.checking.raft_view import MemberView
from kactors.testing.raft.recorder import Happening, Recorder

__all__ = ["LANE", "Arrow", "Layout", "Mark", "Stretch", "lay_out"]

#: Height of a lane, and where the first one begins.
LANE = 74
_TOP = 96
_LEFT = 16
#: A happening takes between these many pixels, a millisecond ``_SCALE`` of them.
_NARROWEST, _WIDEST, _SCALE = 5.0, 42.0, 0.8
#: A drawing that is narrower is stretched, up to ``_STRETCH`` times.
_NARROW, _STRETCH = 960.0, 3.0
#: Room at the right, for the names of the last faults.
_RIGHT = 110


@attrs.frozen
class Stretch:
    """A member in one role of one term."""

    member: int
    begin: float
    end: float
    view: MemberView


@attrs.frozen
class Arrow:
    """A message; ``end`` is ``None`` if it never arrived."""

    source: int
    target: int
    begin: float
    end: float | None
    message: object


@attrs.frozen
class Mark:
    """Something that happened to one member, or to nobody in particular (member 0)."""

    member: int
    at: float
    what: str
    text: str


@attrs.frozen
class Layout:
    """A whole drawing.

    Attributes:
        lanes: ``{member: vertical middle}``.
        left_out: earlier happenings that are not drawn.
    """

    lanes: dict[int, float]
    stretches: list[Stretch]
    arrows: list[Arrow]
    marks: list[Mark]
    width: float
    height: float
    left_out: int


def lay_out(recorder: Recorder, most: int) -> Layout:
    """Place the last ``most`` happenings of a run."""
    happenings = list(recorder.happenings)
    shown = happenings[-most:]
    places, width = _places(shown)
    members = sorted({each.member for each in happenings if each.member})
    lanes = {member: _TOP + LANE * (row + 0.5) for row, member in enumerate(members)}
    return Layout(
        lanes=lanes,
        stretches=_stretches(happenings, shown, places, width, members),
        arrows=_arrows(shown, places),
        marks=[
            Mark(each.member, places[count], each.what, str(each.detail))
            for count, each in enumerate(shown)
            if each.what in ("start", "stop", "fault", "violation")
        ],
        width=max(_NARROW, width + _RIGHT),
        height=_TOP + LANE * len(members) + 40,
        left_out=recorder.dropped + len(happenings) - len(shown),
    )


def _places(shown: Sequence[Happening]) -> tuple[list[float], float]:
    """Return where each happening is, from left to right."""
    places: list[float] = []
    at = float(_LEFT)
    before_ns = shown[0].at_ns if shown else 0
    for each in shown:
        gap_ms = (each.at_ns - before_ns) / 1e6
        if gap_ms > 0:
            at += min(_WIDEST, max(_NARROWEST, gap_ms * _SCALE))
        before_ns = each.at_ns
        places.append(at)
    factor = max(1.0, min(_STRETCH, _NARROW / at))
    return [_LEFT + (place - _LEFT) * factor for place in places], _LEFT + (at - _LEFT) * factor


def _stretches(
    happenings: Sequence[Happening],
    shown: Sequence[Happening],
    places: Sequence[float],
    width: float,
    members: Sequence[int],
) -> list[Stretch]:
    present: dict[int, MemberView | None] = dict.fromkeys(members)
    for each in happenings[: len(happenings) - len(shown)]:
        if each.what == "view":
            present[each.member] = each.detail
        elif each.what == "stop":
            present[each.member] = None
    began = dict.fromkeys(members, float(_LEFT))
    stretches = []
    for count, each in enumerate(shown):
        if each.what not in ("view", "stop"):
            continue
        view = present[each.member]
        if view is not None:
            stretches.append(Stretch(each.member, began[each.member], places[count], view))
        present[each.member] = each.detail if each.what == "view" else None
        began[each.member] = places[count]
    for member, view in present.items():
        if view is not None:
            stretches.append(Stretch(member, began[member], width, view))
    return stretches


def _arrows(shown: Sequence[Happening], places: Sequence[float]) -> list[Arrow]:
    sent = {
        each.number: (each, places[count])
        for count, each in enumerate(shown)
        if each.what == "send"
    }
    arrows = []
    arrived: set[int] = set()
    for count, each in enumerate(shown):
        if each.what != "receive":
            continue
        arrived.add(each.number)
        begin = sent[each.number][1] if each.number in sent else float(_LEFT)
        arrows.append(Arrow(each.peer, each.member, begin, places[count], each.detail))
    for number, (each, begin) in sent.items():
        if number not in arrived:
            arrows.append(Arrow(each.member, each.peer, begin, None, each.detail))
    return arrows
