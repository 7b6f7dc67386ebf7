"""Puts the cluster's root certificates into each namespace, for pods to know the apiservers by.

Source: kubernetes pkg/controller/certificates/rootcacertpublisher/publisher.go.
"""

from typing import ClassVar

from kactors.api.errors import AlreadyExists, ApiError, Conflict, NotFound
from kactors.api.meta import is_being_deleted, name_of, namespace_of
from kactors.api.objects import Object, replaced
from kactors.controllers.object_controller import ObjectController

__all__ = ["CONFIG_MAP", "RootCACertPublisher"]

CONFIG_MAP = "kube-root-ca.crt"
_DESCRIPTION = (
    "Contains a CA bundle that can be used to verify the kube-apiserver when using internal "
    "endpoints such as the internal service IP or kubernetes.default.svc. No other usage is "
    "guaranteed across distributions of Kubernetes clusters."
)


class RootCACertPublisher(ObjectController):
    """Creates and repairs the ConfigMap ``kube-root-ca.crt`` of each namespace that is to stay.

    Attributes:
        root_ca: certificates, as PEM.
    """

    root_ca: ClassVar[str] = ""

    def setup(self) -> None:
        """Look at namespaces, and at their ConfigMaps of that name."""
        self.namespaces = self.reconciles("namespaces").lister
        self.config_maps = self.observes(
            "configmaps", lambda obj: (namespace_of(obj),) if name_of(obj) == CONFIG_MAP else ()
        ).lister

    async def reconcile(self, key: str) -> float | None:
        """Write the ConfigMap of one namespace, unless it is right."""
        namespace = self.namespaces.get_by_key(key)
        if namespace is None or is_being_deleted(namespace):
            return None
        data: Object = {"ca.crt": self.root_ca}
        found = self.config_maps.get(CONFIG_MAP, key)
        client = self.client.resource("configmaps")
        try:
            if found is None:
                await client.create(_config_map(key, data))
            elif found.get("data") != data:
                await client.update(replaced(found, data, "data"))
        except (AlreadyExists, Conflict, NotFound):
            return None  # what was faster is seen soon
        except ApiError as problem:
            if not problem.has_cause("NamespaceTerminating"):
                raise
        return None


def _config_map(namespace: str, data: Object) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": CONFIG_MAP,
            "namespace": namespace,
            "annotations": {"kubernetes.io/description": _DESCRIPTION},
        },
        "data": data,
    }
