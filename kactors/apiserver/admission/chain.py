"""All plugins, in upstream's order; a further one is one entry.

Source: ``pkg/kubeapiserver/options/plugins.go`` of Kubernetes, `AllOrderedPlugins`.
"""

from collections.abc import Sequence
from typing import Final

from kactors.apiserver.admission.default_storage_class import DefaultStorageClass
from kactors.apiserver.admission.default_toleration_seconds import DefaultTolerationSeconds
from kactors.apiserver.admission.namespace_lifecycle import NamespaceLifecycle
from kactors.apiserver.admission.node_restriction import NodeRestriction
from kactors.apiserver.admission.plugin import AdmissionRequest, Plugin
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


class AdmissionChain:
    """Asks every plugin in turn.

    Args:
        backend: what plugins look things up in.
        plugins: which, in their order.
    """

    def __init__(self, backend: Backend, plugins: Sequence[type[Plugin]] = PLUGINS) -> None:
        self._plugins = [plugin(backend) for plugin in plugins]

    async def admit(self, request: AdmissionRequest) -> None:
        """Let every plugin add to the object.

        Raises:
            ApiError: one of them refuses.
        """
        for plugin in self._plugins:
            if request.operation in plugin.operations:
                await plugin.admit(request)

    async def validate(self, request: AdmissionRequest) -> None:
        """Let every plugin look at the object as it will be.

        Raises:
            ApiError: one of them refuses.
        """
        for plugin in self._plugins:
            if request.operation in plugin.operations:
                await plugin.validate(request)
