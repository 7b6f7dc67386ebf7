"""Who led what: etcd with its terms, the scheduler, and the controller manager."""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import attrs

from kactors.scenario.report.axis import Axis
from kactors.scenario.report.markup import plot, rect, row, text_at
from kactors.scenario.timeline import Sample, Timeline

__all__ = ["leader_rows"]

_HEIGHT = 22
#: Hosts that can be told apart by colour.
_COLOURS = 7
_LETTER = 10.5


@attrs.frozen
class _Stretch:
    """From ``begin_s`` to ``end_s`` the same ``leader``, empty if nobody, in one ``term``."""

    begin_s: float
    end_s: float
    leader: str
    term: int

    @property
    def text(self) -> str:
        term = f" · term {self.term}" if self.term else ""
        return f"{self.leader or 'nobody'}{term}"


def leader_rows(axis: Axis, timeline: Timeline) -> Iterator[str]:
    """Yield a row for each thing that has a leader. A leader's colour is its host's."""
    lanes: list[tuple[str, Callable[[Sample], tuple[str, int]]]] = [
        ("etcd leader", lambda sample: (sample.etcd, max(sample.terms.values(), default=0))),
        ("scheduler", lambda sample: (sample.scheduler, 0)),
        ("controller manager", lambda sample: (sample.controllers, 0)),
    ]
    for name, who in lanes:
        stretches = list(_stretches(axis, timeline.samples, who))
        shapes, texts = [], []
        for each in stretches:
            left, right = axis.x(each.begin_s), axis.x(each.end_s)
            title = f"{each.text}, {each.begin_s:.6g} s to {each.end_s:.6g} s"
            look = f"h{timeline.hosts.index(each.leader) % _COLOURS}" if each.leader else "nobody"
            shapes.append(rect(left, right, 3, _HEIGHT - 3, look, title))
            fitting = _fitting(each, right - left)
            if fitting:
                look = "on" if each.leader else "soft"
                texts.append(text_at(left + 5, 3, fitting, look, title=title))
        yield row(name, plot(_HEIGHT, shapes, texts))


def _fitting(stretch: _Stretch, room: float) -> str:
    """Return as much of what there is to say as there is room for."""
    return next(
        (
            text
            for text in (stretch.text, stretch.leader)
            if text and len(text) * _LETTER + 8 <= room
        ),
        "",
    )


def _stretches(
    axis: Axis, samples: Sequence[Sample], who: Callable[[Sample], tuple[str, int]]
) -> Iterator[_Stretch]:
    """Yield what lasted. A sample is taken for true until the one after it."""
    changes: list[tuple[float, tuple[str, int]]] = []
    for sample in samples:
        now = who(sample)
        if not changes or changes[-1][1] != now:
            changes.append((sample.at_s if changes else axis.begin_s, now))
    for (begin_s, (leader, term)), (end_s, _) in pairwise([*changes, (axis.end_s, ("", 0))]):
        yield _Stretch(begin_s, end_s, leader, term)
