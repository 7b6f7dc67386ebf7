"""What a container's environment takes from ConfigMaps and Secrets, and what of it is missing.

Source: kubernetes pkg/kubelet/kubelet_pods.go (makeEnvironmentVariables).
"""

from collections.abc import Callable, Iterator

from kactors.api.objects import Object
from kactors.node.errors import ConfigMissing
from kactors.node.pods.volumes import Reference

__all__ = ["check_environment", "environment_references"]

_FROM = (("configMapRef", "configmaps"), ("secretRef", "secrets"))
_KEY = (("configMapKeyRef", "configmaps"), ("secretKeyRef", "secrets"))


def _wanted(container: Object) -> Iterator[tuple[Reference, str]]:
    """Return references, each with the key that is needed; empty: any."""
    for source in container.get("envFrom") or ():
        for name, resource in _FROM:
            if name in source:
                found = source[name]
                yield Reference(resource, found["name"], bool(found.get("optional"))), ""
    for variable in container.get("env") or ():
        for name, resource in _KEY:
            if name in (variable.get("valueFrom") or {}):
                found = variable["valueFrom"][name]
                reference = Reference(resource, found["name"], bool(found.get("optional")))
                yield reference, found["key"]


def environment_references(container: Object) -> tuple[Reference, ...]:
    """Return the ConfigMaps and Secrets of a container's environment, each once."""
    return tuple(dict.fromkeys(reference for reference, _ in _wanted(container)))


def check_environment(container: Object, find: Callable[[Reference], Object | None]) -> None:
    """Make sure that a container's environment can be made.

    Raises:
        ConfigMissing: an object or a key that is not optional is not there.
    """
    for reference, key in _wanted(container):
        if reference.optional:
            continue
        obj = find(reference)
        kind = reference.resource.removesuffix("s")
        if obj is None:
            raise ConfigMissing(f'{kind} "{reference.name}" not found')
        if key and key not in (obj.get("data") or {}):
            raise ConfigMissing(f"couldn't find key {key} in {kind} {reference.name}")
