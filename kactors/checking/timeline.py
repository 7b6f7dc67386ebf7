"""The calls and returns of a history in one order, without ties.

Every event gets a *position*, counted from 1: by time, and at the same nanosecond calls before
returns, so that operations that merely touch count as concurrent. Within that, by the order in
which the history lists them.
"""

from collections.abc import Sequence

import attrs

from kactors.checking.operation import Operation

#: The position of a return that never came.
NEVER = 1 << 62


@attrs.frozen
class Timeline:
    """Positions of calls and returns, indexed as the operations are.

    Attributes:
        call: where each operation was called.
        returned: where each returned; `NEVER` if it did not.
        events: the operations in order of position; a return is the complement, ``~index``.
    """

    call: tuple[int, ...]
    returned: tuple[int, ...]
    events: tuple[int, ...]


def timeline(operations: Sequence[Operation]) -> Timeline:
    """Lay the operations out."""
    moments = [(operation.call_ns, 0, index) for index, operation in enumerate(operations)]
    moments += [
        (operation.return_ns, 1, index)
        for index, operation in enumerate(operations)
        if operation.return_ns is not None
    ]
    moments.sort()
    call = [0] * len(operations)
    returned = [NEVER] * len(operations)
    for position, (_, is_return, index) in enumerate(moments, start=1):
        (returned if is_return else call)[index] = position
    events = [~index if is_return else index for _, is_return, index in moments]
    return Timeline(tuple(call), tuple(returned), tuple(events))
