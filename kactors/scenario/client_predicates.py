"""What goals can ask of the cluster's users: were their calls and requests answered?"""

from collections import deque
from collections.abc import Iterator

import attrs

from kactors.actors.checks import above
from kactors.checking.actions import Get
from kactors.checking.operation import Operation
from kactors.cluster.traffic import Call, Outcome
from kactors.scenario.predicates import Predicate
from kactors.scenario.view import View

__all__ = ["ApiAnswers", "NoWriteAcknowledged", "Served"]

_NS = 1e9


@attrs.frozen(repr=False)
class Served(Predicate):
    """Of the calls to a Service that were made of late, so many were answered by one of its pods.

    Attributes:
        service: as in `Calls`.
        share: of the calls, from 0 to 1.
        over_s: for how long back.
        least: without so many calls nothing is said.
    """

    service: str
    share: float = 1.0
    over_s: float = attrs.field(default=10.0, kw_only=True, validator=above(0))
    least: int = attrs.field(default=1, kw_only=True)

    def missing(self, view: View) -> str:
        """Return how many were not, and what became of the latest of those."""
        traffic = view.traffic.get(self.service)
        if traffic is None:
            return f"nobody calls {self.service}: add Calls({self.service!r}) to the scenario"
        since_s = view.cluster.world.time - self.over_s
        calls = list(_since(traffic.latest, since_s))
        lost = [call for call in calls if call.outcome is not Outcome.SERVED]
        if len(calls) < self.least:
            return f"there were {len(calls)} calls of {self.service}, not {self.least}"
        if len(calls) - len(lost) >= self.share * len(calls):
            return ""
        last = lost[0]
        return (
            f"{len(lost)} of {len(calls)} calls of {self.service} were not served; the latest, "
            f"from {last.source}: {last.outcome.value}"
        )


def _since(calls: deque[Call], since_s: float) -> Iterator[Call]:
    """Yield the calls that began at or after an instant, the latest first."""
    for call in reversed(calls):
        if call.began_s < since_s:
            return
        yield call


def _ended_since(view: View, seconds: float) -> Iterator[Operation]:
    """Yield the answered operations of the clients of the API that ended of late."""
    now_ns = view.cluster.world.simulation.kernel.now_ns
    for operation in reversed(view.operations):
        ended_ns = operation.return_ns
        if ended_ns is not None and ended_ns < now_ns - seconds * _NS:
            return
        if ended_ns is not None and operation.error is None:
            yield operation


@attrs.frozen(repr=False)
class ApiAnswers(Predicate):
    """Clients of the API were answered of late.

    Attributes:
        least: so many times.
        over_s: for how long back.
        writes: count only writes.
    """

    least: int = 1
    over_s: float = attrs.field(default=5.0, kw_only=True, validator=above(0))
    writes: bool = attrs.field(default=False, kw_only=True)

    def missing(self, view: View) -> str:
        """Return how often they were."""
        count = sum(
            not (self.writes and isinstance(each.action, Get))
            for each in _ended_since(view, self.over_s)
        )
        what = "writes" if self.writes else "requests"
        if count >= self.least:
            return ""
        return f"{count} {what} were answered in {self.over_s:g} s, not {self.least}"


@attrs.frozen(repr=False)
class NoWriteAcknowledged(Predicate):
    """No client of the API was told of late that a write was done.

    Attributes:
        over_s: for how long back.
    """

    over_s: float = attrs.field(default=1.0, validator=above(0))

    def missing(self, view: View) -> str:
        """Return the latest write that was."""
        for each in _ended_since(view, self.over_s):
            if not isinstance(each.action, Get) and each.result is not False:
                return f"a write was acknowledged: {each}"
        return ""
