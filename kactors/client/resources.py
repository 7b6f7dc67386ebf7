"""Which resource is meant."""

from functools import lru_cache

import attrs

from kactors.api.registry import REGISTRY

__all__ = ["GroupVersionResource", "find_resource"]


@attrs.frozen
class GroupVersionResource:
    """The three names of a resource, such as ``apps``, ``v1``, ``deployments``.

    The group is empty for the core. Source: apimachinery ``schema.GroupVersionResource``.
    """

    group: str
    version: str
    resource: str

    def __str__(self) -> str:
        return f"{self.resource}.{self.group}" if self.group else self.resource


@lru_cache(maxsize=1024)
def find_resource(word: str) -> GroupVersionResource:
    """Return the resource that is called so: ``deployments``, ``deployments.apps``.

    Raises:
        UnknownKind: the registry has no such resource.

    Example:
        >>> find_resource("deployments")
        GroupVersionResource(group='apps', version='v1', resource='deployments')
    """
    found = REGISTRY.by_name(word)
    return GroupVersionResource(found.group, found.version, found.plural)
