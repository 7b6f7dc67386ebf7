"""What every cluster begins with: namespaces, roles and bindings, and two priority classes.

Every replica sees to it when it starts, and again until it has succeeded. What is there already is
left alone, except that roles of the bootstrap policy get back what was taken from them.

Source: ``pkg/controlplane/controller/systemnamespaces``, ``pkg/registry/rbac/rest/storage_rbac.go``
and ``pkg/registry/scheduling/rest/storage_scheduling.go`` of Kubernetes.
"""

from collections.abc import Callable, Sequence
from typing import Final

from kactors.api.errors import AlreadyExists, ApiError, Conflict
from kactors.api.labels import LabelSelector
from kactors.api.meta import annotations_of, labels_of, name_of, namespace_of
from kactors.api.objects import Object, deep_copy
from kactors.apiserver.authentication.user import LOOPBACK
from kactors.apiserver.etcd_problems import ETCD_PROBLEMS
from kactors.apiserver.policy.bindings import (
    cluster_role_bindings,
    namespace_role_bindings,
    namespace_roles,
)
from kactors.apiserver.policy.component_roles import component_roles
from kactors.apiserver.policy.controller_roles import controller_role_bindings, controller_roles
from kactors.apiserver.policy.rule import AUTOUPDATE
from kactors.apiserver.policy.user_roles import user_roles
from kactors.apiserver.registry.object_store import ObjectStore, Write
from kactors.runtime import sleep

NAMESPACES: Final = ("default", "kube-system", "kube-public", "kube-node-lease")
_PRIORITIES: Final = {
    "system-cluster-critical": (
        2_000_000_000,
        "For pods that must run in the cluster, but can be moved to another node if necessary.",
    ),
    "system-node-critical": (
        2_000_001_000,
        "For pods that must not be moved from their node.",
    ),
}
_PAUSE_SECONDS: Final = 1.0


def bootstrap_objects() -> list[Object]:
    """Return all objects that a cluster begins with, in the order in which they can be created."""
    roles = _aggregated([*user_roles(), *component_roles(), *controller_roles()])
    return [
        *(_namespace(name) for name in NAMESPACES),
        *roles,
        *cluster_role_bindings(),
        *controller_role_bindings(),
        *namespace_roles(),
        *namespace_role_bindings(),
        *(_priority_class(name, *said) for name, said in _PRIORITIES.items()),
    ]


def _namespace(name: str) -> Object:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


def _priority_class(name: str, value: int, description: str) -> Object:
    return {
        "apiVersion": "scheduling.k8s.io/v1",
        "kind": "PriorityClass",
        "metadata": {"name": name},
        "value": value,
        "description": description,
        "preemptionPolicy": "PreemptLowerPriority",
    }


def _aggregated(roles: Sequence[Object]) -> list[Object]:
    """Give roles that aggregate others their rules, before a controller does.

    ``admin`` aggregates ``edit``, which aggregates ``view``: what is aggregated comes first.
    """
    rules: dict[str, list[Object]] = {name_of(role): role["rules"] for role in roles}
    for name in ("view", "edit", "admin"):
        role = next(role for role in roles if name_of(role) == name)
        (wanted,) = role["aggregationRule"]["clusterRoleSelectors"]
        selector = LabelSelector.from_object(wanted)
        gathered: list[Object] = []
        for other in sorted(roles, key=name_of):
            if other is not role and selector.matches(labels_of(other)):
                gathered += [rule for rule in rules[name_of(other)] if rule not in gathered]
        rules[name] = gathered
    return [{**role, "rules": rules[name_of(role)]} for role in roles]


class Bootstrap:
    """Writes the objects.

    Args:
        store: where.
        log: told what goes wrong.
    """

    def __init__(self, store: ObjectStore, log: Callable[[str], None]) -> None:
        self._store = store
        self._log = log

    async def run(self) -> None:
        """Write what is missing; return once it has succeeded."""
        left = bootstrap_objects()
        while left:
            try:
                await self._ensure(left[0])
            except (ApiError, *ETCD_PROBLEMS) as problem:
                self._log(f"{left[0]['kind']} {name_of(left[0])} is not there yet: {problem}")
                await sleep(_PAUSE_SECONDS)
            else:
                del left[0]

    async def _ensure(self, obj: Object) -> None:
        backend = self._store.backend
        resource = backend.registry.of_object(obj)
        write = Write(LOOPBACK, resource, namespace_of(obj), name_of(obj))
        # The cache began with all that there was. A creation looks for the object itself.
        found = backend.cached(resource, write.namespace, write.name)
        if found is None:
            try:
                await self._store.create(write, deep_copy(obj))
            except AlreadyExists:  # another replica was faster
                found = await backend.find(resource, write.namespace, write.name)
            else:
                return
        if found is None:
            await self._ensure(obj)  # and somebody has deleted it
        else:
            await self._restore(write, obj, found)

    async def _restore(self, write: Write, obj: Object, found: Object) -> None:
        """Give an object of ours back what was taken from it."""
        for part in ("rules", "subjects"):
            missing = [item for item in obj.get(part) or () if item not in (found.get(part) or ())]
            if missing and _is_ours(found):
                try:
                    await self._complete(write, part, missing)
                except Conflict:
                    await self._ensure(obj)

    async def _complete(self, write: Write, part: str, missing: list[Object]) -> None:
        def change(old: Object | None) -> Object:
            if old is None:
                raise write.not_found()
            new: Object = deep_copy(old)
            present = new.get(part) or []
            new[part] = [*present, *(item for item in missing if item not in present)]
            return new

        await self._store.update(write, change)


def _is_ours(found: Object) -> bool:
    ((name, value),) = AUTOUPDATE.items()
    return annotations_of(found).get(name) == value
