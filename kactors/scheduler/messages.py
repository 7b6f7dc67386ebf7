"""What others can ask a scheduler."""

from kactors.actors.request import Request
from kactors.wire import message

__all__ = ["InspectScheduler", "SchedulerReport"]


@message("scheduler.report")
class SchedulerReport:
    """What a scheduler does and waits for.

    Attributes:
        state: ``waiting for caches``, ``waiting to lead`` or ``working``.
        leader: who leads, if there is an election.
        nodes, pods: how many are in its cache; assumed pods count.
        active, backoff, unschedulable, gated, in_flight: pods without a node, by where they are.
        scheduled, failed: attempts of this life that found a node, and that did not.
        bound, binding_errors: what came of the former.
        unreadable: pods and nodes of this life that could not be understood.
    """

    state: str
    leader: str
    nodes: int
    pods: int
    active: int
    backoff: int
    unschedulable: int
    gated: int
    in_flight: int
    scheduled: int
    failed: int
    bound: int
    binding_errors: int
    unreadable: int


@message("scheduler.inspect")
class InspectScheduler(Request[SchedulerReport]):
    """Asks a scheduler how it is."""
