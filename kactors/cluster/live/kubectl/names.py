"""What people call resources and objects: ``pods``, ``deploy,svc``, ``deployment/web``, ``all``."""

from collections.abc import Sequence

import attrs

from kactors.api.errors import UnknownKind
from kactors.api.registry import REGISTRY
from kactors.api.resource import Resource
from kactors.cluster.live.kubectl.errors import BadName

__all__ = ["Asked", "parse_names"]


@attrs.frozen
class Asked:
    """Objects of one resource.

    Attributes:
        resource: see there.
        names: of the objects; none for all.
    """

    resource: Resource
    names: tuple[str, ...] = ()


def parse_names(words: Sequence[str]) -> tuple[Asked, ...]:
    """Return what is meant by ``KIND[,KIND...] [NAME...]``, or by ``KIND/NAME...``.

    Raises:
        BadName: a kind is not known, or the two forms are mixed.
    """
    if any("/" in word for word in words):
        return tuple(_pair(word) for word in words)
    kinds, *names = words
    resources: dict[str, Resource] = {}
    for kind in kinds.split(","):
        for resource in REGISTRY.in_category(kind) or (_resource(kind),):
            resources[resource.qualified_name] = resource
    return tuple(Asked(resource, tuple(names)) for resource in resources.values())


def _pair(word: str) -> Asked:
    kind, slash, name = word.partition("/")
    if not (kind and slash and name):
        raise BadName(f"{word!r} is not KIND/NAME: give all arguments in that form, or none")
    return Asked(_resource(kind), (name,))


def _resource(word: str) -> Resource:
    try:
        return REGISTRY.by_name(word)
    except UnknownKind as problem:
        raise BadName(f"there is no resource that is called {word!r}") from problem
