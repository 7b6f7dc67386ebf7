"""All plugins, in upstream's order; a further one is one entry.

Source: ``pkg/kubeapiserver/options/plugins.go`` of Kubernetes, `AllOrderedPlugins`.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from kactors.apiserver.admission.default_storage_class import DefaultStorageClass
from kactors.apiserver.admission.default_toleration_seconds import DefaultTolerationSeconds
from kactors.apiserver.admission.namespace_lifecycle import NamespaceLifecycle
from kactors.apiserver.admission.node_restriction import NodeRestriction
from kactors.apiserver.admission.plugin import AdmissionRequest, Operation, Plugin
from kactors.apiserver.admission.priority import Priority
from kactors.apiserver.admission.service_account import ServiceAccount
from kactors.apiserver.admission.taint_nodes_by_condition import TaintNodesByCondition
from kactors.apiserver.backend import Backend

PLUGINS: Final[Sequence[type[Plugin]]] = (
    NamespaceLifecycle,
    ServiceAccount,
    NodeRestriction,
    TaintNodesByCondition,
    Priority,
    DefaultTolerationSeconds,
    DefaultStorageClass,
)

Step = Callable[[AdmissionRequest], Awaitable[None]]
"""One plugin's `Plugin.admit` or `Plugin.validate`."""


class AdmissionChain:
    """Asks every plugin in turn.

    Args:
        backend: what plugins look things up in.
        plugins: which, in their order.
    """

    def __init__(self, backend: Backend, plugins: Sequence[type[Plugin]] = PLUGINS) -> None:
        made = [plugin(backend) for plugin in plugins]
        self._admitting = _by_operation(made, "admit")
        self._validating = _by_operation(made, "validate")

    async def admit(self, request: AdmissionRequest) -> None:
        """Let every plugin add to the object.

        Raises:
            ApiError: one of them refuses.
        """
        for admit in self._admitting[request.operation]:
            await admit(request)

    async def validate(self, request: AdmissionRequest) -> None:
        """Let every plugin look at the object as it will be.

        Raises:
            ApiError: one of them refuses.
        """
        for validate in self._validating[request.operation]:
            await validate(request)


def _by_operation(plugins: Sequence[Plugin], method: str) -> dict[Operation, list[Step]]:
    """Return what there is to ask about each operation: the methods that plugins have of their own.

    Most plugins only admit, and most writes are asked about several times a millisecond.
    """
    inherited = getattr(Plugin, method)
    steps: dict[Operation, list[Step]] = {operation: [] for operation in Operation}
    for plugin in plugins:
        if getattr(type(plugin), method) is not inherited:
            for operation in plugin.operations:
                steps[operation].append(getattr(plugin, method))
    return steps
