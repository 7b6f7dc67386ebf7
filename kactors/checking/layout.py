"""Where the parts of a drawn history go: lanes for clients, columns for events, dots for the order.

The horizontal axis is the *order* of events, not their time: columns are as far apart as the labels
need, so that a microsecond and a timeout of ten seconds can be seen on one page.
"""

from collections.abc import Sequence

import attrs

from kactors.checking.linearizability import Failure
from kactors.checking.operation import Operation
from kactors.checking.timeline import NEVER, Timeline, timeline

GAP = 14
LABEL_MIN = 26
LABEL_MAX = 300
CHARACTER = 6.6
LANE = 34
LANE_GAP = 10
TOP = 34


@attrs.frozen(kw_only=True)
class Bar:
    """One operation: a bar from ``left`` to ``right``, in pixels, in the row at ``top``.

    Attributes:
        operation: which.
        label: its text, cut to the bar's width.
        open_ended: it had not returned where the drawing ends.
        place: its place in the linearization, from 1; 0 if it has none.
        dot: where in the bar it takes effect; meaningless without a place.
    """

    operation: Operation
    label: str
    left: float
    right: float
    top: float
    open_ended: bool
    place: int
    dot: float


@attrs.frozen(kw_only=True)
class Lane:
    """The rows of one client, from ``top`` to ``bottom``."""

    client: str
    top: float
    bottom: float


@attrs.frozen(kw_only=True)
class Layout:
    """Everything that is drawn, in pixels.

    Attributes:
        bars: in the order of their calls.
        lanes: one for each client.
        width: of the whole.
        height: of the whole.
        until: where the shortest prefix ends.
        left_out: how many earlier operations are not shown.
    """

    bars: tuple[Bar, ...]
    lanes: tuple[Lane, ...]
    width: float
    height: float
    until: float
    left_out: int


def lay_out(failure: Failure, most: int) -> Layout:
    """Arrange a failure's prefix; of a long one, the ``most`` operations that end last."""
    shown = _last(failure, most)
    time = timeline(shown)
    labels = [_label(operation) for operation in shown]
    end = max(position for position in time.returned if position < NEVER)
    columns = _columns(time, labels, end)
    places = {id(op): place for place, op in enumerate(failure.linearization, start=1)}
    dots = _dots(time, columns, [places.get(id(operation), 0) for operation in shown])
    tops, lanes, height = _rows(shown, time, end)
    bars = []
    for index, operation in enumerate(shown):
        is_open = time.returned[index] > end
        left = columns[time.call[index]]
        right = columns[end] + 2 * GAP if is_open else columns[time.returned[index]]
        bars.append(
            Bar(
                operation=operation,
                label=_cut(labels[index], right - left),
                left=left,
                right=right,
                top=tops[index],
                open_ended=is_open,
                place=places.get(id(operation), 0),
                dot=dots[index],
            )
        )
    return Layout(
        bars=tuple(bars),
        lanes=lanes,
        width=columns[end] + 3 * GAP,
        height=height,
        until=columns[end],
        left_out=len(failure.prefix) - len(shown),
    )


def _last(failure: Failure, most: int) -> list[Operation]:
    """The operations that end last, in the order of their calls; what never ended comes first."""

    def end(operation: Operation) -> int:
        never = operation.return_ns is None
        return operation.call_ns if never else min(operation.return_ns or 0, failure.until_ns)

    kept = sorted(failure.prefix, key=end)[-most:]
    if not any(operation is failure.blocked for operation in kept):
        kept[0] = failure.blocked
    chosen = {id(operation) for operation in kept}
    return [operation for operation in failure.prefix if id(operation) in chosen]


def _label(operation: Operation) -> str:
    return f"{operation.action} → {operation.answer}"


def _cut(label: str, width: float) -> str:
    room = max(1, int((width - 10) / CHARACTER))
    return label if len(label) <= room else label[: room - 1] + "…"


def _columns(time: Timeline, labels: Sequence[str], end: int) -> list[float]:
    """Return the x of each position up to ``end``, leaving room for the labels between."""
    columns = [0.0] * (end + 1)
    for position in range(1, end + 1):
        event = time.events[position - 1]
        columns[position] = columns[position - 1] + GAP
        if event < 0:
            wanted = min(LABEL_MAX, max(LABEL_MIN, len(labels[~event]) * CHARACTER + 16))
            columns[position] = max(columns[position], columns[time.call[~event]] + wanted)
    return columns


def _dots(time: Timeline, columns: Sequence[float], places: Sequence[int]) -> list[float]:
    """Return where each operation takes effect, so that dots go right in the given order."""
    dots = [0.0] * len(places)
    runs: dict[int, list[int]] = {}
    position = 0
    for _, index in sorted((place, index) for index, place in enumerate(places) if place):
        position = max(position, time.call[index])
        runs.setdefault(position, []).append(index)
    for position, run in runs.items():
        left = columns[position]
        right = columns[position + 1] if position + 1 < len(columns) else left + GAP
        for rank, index in enumerate(run, start=1):
            dots[index] = left + (right - left) * rank / (len(run) + 1)
    return dots


def _rows(
    shown: Sequence[Operation], time: Timeline, end: int
) -> tuple[list[float], tuple[Lane, ...], float]:
    """Give each client a lane, with as many rows as it had operations under way at once."""
    rows: dict[str, list[int]] = {client: [] for client in sorted({op.client for op in shown})}
    row_of = []
    for index, operation in enumerate(shown):
        ends = rows[operation.client]
        free = [row for row, busy_until in enumerate(ends) if busy_until < time.call[index]]
        row = free[0] if free else len(ends)
        back = min(time.returned[index], NEVER if time.returned[index] > end else end)
        ends[row : row + 1] = [back]
        row_of.append(row)
    lanes = []
    top = float(TOP)
    for client, ends in rows.items():
        lanes.append(Lane(client=client, top=top, bottom=top + LANE * len(ends)))
        top = lanes[-1].bottom + LANE_GAP
    starts = {lane.client: lane.top for lane in lanes}
    tops = [starts[op.client] + LANE * row for op, row in zip(shown, row_of, strict=True)]
    return tops, tuple(lanes), top
