"""Waits for triggers: counts what happens and calls back at the occurrence asked for.

It hooks into the world only while somebody waits, so that a plan without triggers, or
whose triggers have fired, costs a message nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgpack

from kactors import wire
from kactors.faults.target import FaultTarget
from kactors.faults.trigger import (
    ActorDied,
    ActorStarted,
    Delivered,
    Messages,
    ProbeHit,
    Sent,
    Trigger,
    has_fields,
    matches,
    matches_address,
)
from kactors.transport.envelope import Address, Envelope
from kactors.transport.hooks import Verdict


class Watch:
    """One trigger that is waited for.

    Attributes:
        trigger: what has to happen.
        left: how many times still.
        fire: called when it has.
    """

    __slots__ = ("fire", "left", "trigger")

    def __init__(self, trigger: Trigger, occurrence: int, fire: Callable[[], None]) -> None:
        self.trigger = trigger
        self.left = occurrence
        self.fire = fire


class _Point:
    """One place of the world to look on from, and who waits there."""

    def __init__(self, hooks: list[Any], handler: Callable[..., Any]) -> None:
        self._hooks = hooks
        self._handler = handler
        self.watches: list[Watch] = []

    def add(self, watch: Watch) -> None:
        if not self.watches:
            self._hooks.append(self._handler)
        self.watches.append(watch)

    def remove(self, watch: Watch) -> None:
        if watch in self.watches:
            self.watches.remove(watch)
            if not self.watches:
                self._hooks.remove(self._handler)

    def hit(self, matches_trigger: Callable[[Any], bool]) -> None:
        """Count one event for all whose trigger it matches; fire those that have waited enough."""
        for watch in tuple(self.watches):
            if matches_trigger(watch.trigger):
                watch.left -= 1
                if not watch.left:
                    self.remove(watch)
                    watch.fire()


class Watcher:
    """Waits for triggers in one world."""

    def __init__(self, target: FaultTarget) -> None:
        self._target = target
        hooks = target.hooks
        self._sent = _Point(hooks.on_send, self._on_send)
        self._before = _Point(hooks.on_deliver, self._on_deliver)
        self._after = _Point(hooks.on_delivered, self._on_delivered)
        self._probes = _Point([], self._on_probe)
        self._started = _Point(target.on_actor_started, self._on_started)
        self._died = _Point(target.on_actor_died, self._on_died)

    def watch(self, trigger: Trigger, occurrence: int, fire: Callable[[], None]) -> Watch:
        """Call ``fire`` when ``trigger`` happens for the n-th time from now on."""
        watch = Watch(trigger, occurrence, fire)
        self._point(trigger).add(watch)
        return watch

    def forget(self, watch: Watch) -> None:
        """Wait no more; nothing if it has fired."""
        self._point(watch.trigger).remove(watch)

    def _point(self, trigger: Trigger) -> _Point:
        match trigger:
            case Sent():
                return self._sent
            case Delivered(before=True):
                return self._before
            case Delivered():
                return self._after
            case ActorStarted():
                return self._started
            case ActorDied():
                return self._died
            case ProbeHit():
                return self._probe_point()

    def _probe_point(self) -> _Point:
        # The probes of a run may be switched on after this watcher was made.
        probes = self._target.probes
        if probes is not None and not self._probes.watches:
            self._probes = _Point(probes.on_hit, self._on_probe)
        return self._probes

    def _on_send(self, envelope: Envelope) -> Verdict:
        self._sent.hit(lambda trigger: meant(trigger, envelope))
        return Verdict.PASS

    def _on_deliver(self, envelope: Envelope) -> Verdict:
        self._before.hit(lambda trigger: meant(trigger, envelope))
        return Verdict.PASS

    def _on_delivered(self, envelope: Envelope) -> None:
        self._after.hit(lambda trigger: meant(trigger, envelope))

    def _on_probe(self, name: str) -> None:
        self._probes.hit(lambda trigger: matches(trigger.name, name))

    def _on_started(self, address: Address) -> None:
        self._started.hit(lambda trigger: matches_address(trigger.address, *address))

    def _on_died(self, address: Address) -> None:
        self._died.hit(lambda trigger: matches_address(trigger.address, *address))


def meant(messages: Messages, envelope: Envelope) -> bool:
    """Tell whether a message is one of those described."""
    return (
        matches_address(messages.source, *envelope.source)
        and matches_address(messages.target, *envelope.target)
        and (messages.tag == "*" or matches(messages.tag, tag_of(envelope.payload)))
        and (not messages.where or has_fields(_decoded(envelope.payload), messages.where))
    )


def tag_of(payload: bytes) -> str:
    """Return the tag of an encoded message; empty if it is none."""
    unpacker = msgpack.Unpacker()
    unpacker.feed(payload)
    try:
        tag = unpacker.unpack() if unpacker.read_array_header() else ""
    except (ValueError, msgpack.UnpackException):
        return ""
    return tag if isinstance(tag, str) else ""


def _decoded(payload: bytes) -> object:
    try:
        return wire.decode(payload)
    except wire.WireError:
        return None
