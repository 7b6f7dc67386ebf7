"""Gusts of single messages: lost, late, or kept from one who then knows less than others."""

from typing import Final

from kactors.cluster.addresses import APISERVER, ETCD
from kactors.cluster.control_plane import CONTROLLER_MANAGER, SCHEDULER
from kactors.faults import host as hosts
from kactors.faults import message
from kactors.faults.fault import Fault
from kactors.faults.trigger import FieldValue, Messages
from kactors.faults.when import At
from kactors.scenario.draw import Draw, milliseconds

__all__ = ["drop", "hold", "late_cache", "late_informer", "late_writes", "lost_answers"]

_WRITERS: Final = (SCHEDULER, CONTROLLER_MANAGER)
#: Of what informers may know less than of the rest.
_RESOURCES: Final = ("pods", "nodes", "replicasets", "statefulsets", "jobs", "services")


def _messages(draw: Draw) -> Messages:
    """Draw what a master sends to a host, or hears from it."""
    master, other = draw.named_master(), draw.host()
    source, target = draw.pick(((master, other), (other, master)))
    return Messages("*", source, target)


def drop(draw: Draw) -> tuple[Fault, ...]:
    """Let a few messages get lost."""
    begin, end = draw.span()
    return (message.Drop(_messages(draw), count=1 + draw.chance.below(5), start=begin, end=end),)


def hold(draw: Draw) -> tuple[Fault, ...]:
    """Let messages wait."""
    begin, end = draw.span()
    return (message.Hold(_messages(draw), start=begin, end=end),)


def lost_answers(draw: Draw) -> tuple[Fault, ...]:
    """Let answers to one component get lost: what it asked for was done, and it does not know.

    All answers, or those which say that something was created: a pod, a binding, an event.
    """
    begin, end = draw.span()
    where: dict[str, FieldValue] = draw.pick(({}, {"code": 201}))
    # A controller is a child of its manager, and asks for itself.
    answers = Messages("api.response", f"*/{APISERVER}", f"*/{draw.pick(_WRITERS)}*", where)
    return (message.Drop(answers, count=1 + draw.chance.below(20), start=begin, end=end),)


def late_writes(draw: Draw) -> tuple[Fault, ...]:
    """Let what one component creates arrive late: when nobody counts on it, or it is outdated."""
    begin, end = draw.span_of_chaos()
    created = Messages(
        "api.request", f"*/{draw.pick(_WRITERS)}*", f"*/{APISERVER}", {"verb": "create"}
    )
    return (message.Hold(created, start=begin, end=end),)


def late_cache(draw: Draw) -> tuple[Fault, ...]:
    """Let some apiservers, or all, hear late what is stored; what they are asked for they find."""
    begin, end = draw.span_of_chaos()
    masters = draw.topology.master_names
    late = draw.chance.sample(masters, 1 + draw.chance.below(len(masters)))
    return tuple(
        message.Hold(
            Messages("etcd.watch_response", f"*/{ETCD}", f"{name}/{APISERVER}"),
            start=begin,
            end=end,
        )
        for name in late
    )


def late_informer(draw: Draw) -> tuple[Fault, ...]:
    """Let a component come up and hear late of one resource, and of all others at once."""
    begin, end = draw.span_of_chaos()
    of = f"{draw.named_master()}/{draw.pick(_WRITERS)}"
    watch = Messages("api.watch", f"{of}*", "*", {"resource": draw.pick(_RESOURCES)})
    return (
        message.Hold(watch, start=begin, end=end),
        hosts.KillActor(of, start=At(milliseconds(begin.seconds + 0.1))),
    )
