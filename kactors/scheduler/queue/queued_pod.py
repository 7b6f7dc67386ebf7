"""A pod on its way through the queues.

Source: kubernetes pkg/scheduler/framework/types.go (``QueuedPodInfo``).
"""

import attrs

from kactors.scheduler.pod_info import PodInfo

__all__ = ["QueuedPod"]


@attrs.define(eq=False)
class QueuedPod:
    """A pod and what has become of it so far; times in nanoseconds.

    Attributes:
        pod: its newest known state.
        added_ns: when it was first seen.
        timestamp_ns: when it came into a queue last.
        attempts: how many times it was popped.
        unschedulable_count: how many attempts ended without a node.
        error_count: how many ended in an error since one last did not.
        rejected_by: plugins that refused it in the last attempt.
        pending_by: plugins that want it back at once when their event comes.
        gated_by: the plugin that keeps it from being queued; empty if none does.
        backoff_until_ns: when it may be tried again; None until somebody asks.
    """

    pod: PodInfo
    added_ns: int
    timestamp_ns: int
    attempts: int = 0
    unschedulable_count: int = 0
    error_count: int = 0
    rejected_by: frozenset[str] = frozenset()
    pending_by: frozenset[str] = frozenset()
    gated_by: str = ""
    backoff_until_ns: int | None = None
