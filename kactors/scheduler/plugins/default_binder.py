"""DefaultBinder: asks the API server to bind the pod.

Source: kubernetes pkg/scheduler/framework/plugins/defaultbinder/default_binder.go.
"""

from collections.abc import Sequence

from kactors.scheduler.effects import BindPod, Effect, PodName
from kactors.scheduler.framework.cycle_state import CycleState
from kactors.scheduler.framework.plugin import BindPlugin
from kactors.scheduler.framework.status import Status
from kactors.scheduler.pod_info import PodInfo

__all__ = ["DefaultBinder"]


class DefaultBinder(BindPlugin):
    """Binds by ``pods/binding``."""

    name = "DefaultBinder"

    def bind(self, _state: CycleState, pod: PodInfo, node: str, /) -> Sequence[Effect] | Status:
        """Return the binding."""
        return (BindPod(PodName(pod.namespace, pod.name, pod.uid), node),)
