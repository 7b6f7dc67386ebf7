"""Watch caches filled by hand, for tests of decisions."""

from collections.abc import Iterable

from kactors.api.codec import encode
from kactors.api.objects import Object
from kactors.api.registry import REGISTRY
from kactors.apiserver.authorization.authorizer import Authorizer
from kactors.apiserver.authorization.node import NodeAuthorizer, NodeCaches
from kactors.apiserver.authorization.rbac import RbacAuthorizer, RbacCaches
from kactors.apiserver.cache.caches import Caches
from kactors.apiserver.cache.watch_cache import RingLimits
from kactors.apiserver.keys import key_of, prefix_of
from kactors.apiserver.storage import Stored

RBAC = "rbac.authorization.k8s.io"


class Objects:
    """What a replica knows.

    Attributes:
        caches: of all resources.
        authorizer: decides by them.
    """

    def __init__(self, objects: Iterable[Object] = ()) -> None:
        self.caches = Caches(REGISTRY, lambda: 0.0, RingLimits())
        self._revision = 0
        caches = self.caches
        rbac = RbacCaches(
            roles=caches.of(RBAC, "roles"),
            role_bindings=caches.of(RBAC, "rolebindings"),
            cluster_roles=caches.of(RBAC, "clusterroles"),
            cluster_role_bindings=caches.of(RBAC, "clusterrolebindings"),
        )
        node = NodeCaches(
            pods=caches.of("", "pods"),
            claims=caches.of("", "persistentvolumeclaims"),
            volumes=caches.of("", "persistentvolumes"),
        )
        self.authorizer = Authorizer(NodeAuthorizer(node), RbacAuthorizer(rbac))
        for obj in objects:
            self.put(obj)

    def put(self, obj: Object, *, gone: bool = False) -> None:
        """Let an object be there, or not."""
        resource = REGISTRY.of_object(obj)
        meta = obj["metadata"]
        key = key_of(prefix_of(resource), meta.get("namespace", ""), meta["name"])
        self._revision += 1
        cache = self.caches.of(resource.group, resource.plural)
        written = None if gone else Stored(key, encode(obj), self._revision)
        cache.apply(key, self._revision, written)
