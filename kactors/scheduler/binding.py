"""A pod between its node's choice and the API server's word that it is bound.

Source: kubernetes pkg/scheduler/framework/runtime/waiting_pods_map.go,
pkg/scheduler/schedule_one.go (``bindingCycle``).
"""

import attrs

from kactors.scheduler.effects import Effect
from kactors.scheduler.framework.cycle_state import CycleState
from kactors.scheduler.framework.framework import Framework
from kactors.scheduler.pod_info import PodInfo
from kactors.scheduler.queue.queued_pod import QueuedPod

__all__ = ["Binding", "WaitingPods"]


@attrs.define(eq=False)
class Binding:
    """A binding cycle: what was decided, and what is still to be done for it.

    Attributes:
        pod: the assumed pod.
        queued: the same pod as the queue knows it.
        framework: the profile that decided.
        state: of the scheduling cycle.
        effects: what must be done, in order, so that the pod is bound; empty while Permit plugins
            let it wait.
        waits_for: plugins whose approval is missing, with the time at which they reject.
    """

    pod: PodInfo
    queued: QueuedPod
    framework: Framework
    state: CycleState
    effects: tuple[Effect, ...] = ()
    waits_for: dict[str, int] = attrs.field(factory=dict)


class WaitingPods:
    """Pods that Permit plugins let wait."""

    def __init__(self) -> None:
        self._bindings: dict[str, Binding] = {}

    def __len__(self) -> int:
        return len(self._bindings)

    def __contains__(self, uid: object) -> bool:
        return uid in self._bindings

    def add(self, binding: Binding) -> None:
        """Let a pod wait."""
        self._bindings[binding.pod.uid] = binding

    def allow(self, uid: str, plugin: str) -> Binding | None:
        """Note one plugin's approval; return the binding if it was the last one missing."""
        binding = self._bindings.get(uid)
        if binding is None:
            return None
        binding.waits_for.pop(plugin, None)
        if binding.waits_for:
            return None
        return self._bindings.pop(uid)

    def reject(self, uid: str) -> Binding | None:
        """End a wait; return the binding that is not to be."""
        return self._bindings.pop(uid, None)

    def take_expired(self, now_ns: int) -> list[tuple[Binding, str]]:
        """End the waits whose time is over; return each with the plugin that waited too long."""
        expired = [
            (binding, min(binding.waits_for, key=binding.waits_for.__getitem__))
            for binding in self._bindings.values()
            if min(binding.waits_for.values()) <= now_ns
        ]
        for binding, _ in expired:
            del self._bindings[binding.pod.uid]
        return expired

    def next_expiry_ns(self) -> int | None:
        """Return when the next wait is over; None if nobody waits."""
        return min(
            (until for binding in self._bindings.values() for until in binding.waits_for.values()),
            default=None,
        )
