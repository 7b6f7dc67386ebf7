"""How what a client asks is written into a request."""

from collections.abc import Mapping
from typing import Any, Final

from kactors.api.fields import FieldSelector
from kactors.api.labels import LabelSelector
from kactors.api.meta import name_of, namespace_of
from kactors.api.objects import Object

__all__ = [
    "JSON_PATCH",
    "MERGE_PATCH",
    "STRATEGIC_MERGE_PATCH",
    "binding",
    "delete_options",
    "eviction",
    "selectors",
]

JSON_PATCH: Final = "application/json-patch+json"
MERGE_PATCH: Final = "application/merge-patch+json"
STRATEGIC_MERGE_PATCH: Final = "application/strategic-merge-patch+json"


def selectors(
    label_selector: LabelSelector | str, field_selector: FieldSelector | str
) -> dict[str, str]:
    """Return the parts of a query that select; an empty selector selects everything.

    Raises:
        ValueError: a label selector matches nothing at all, which no query can say.
    """
    if isinstance(label_selector, LabelSelector) and label_selector.nothing:
        raise ValueError("a selector that matches nothing was given: there is nothing to ask for")
    query = {"labelSelector": str(label_selector), "fieldSelector": str(field_selector)}
    return {key: value for key, value in query.items() if value}


def delete_options(options: Mapping[str, Any] | None) -> Object:
    """Return a ``DeleteOptions`` object with these fields."""
    return {"apiVersion": "v1", "kind": "DeleteOptions", **(options or {})}


def binding(pod: Object, node: str) -> Object:
    """Return the ``Binding`` that lets a pod, and no other of its name, run on a node."""
    metadata = {"name": name_of(pod), "namespace": namespace_of(pod), "uid": pod["metadata"]["uid"]}
    target = {"apiVersion": "v1", "kind": "Node", "name": node}
    return {"apiVersion": "v1", "kind": "Binding", "metadata": metadata, "target": target}


def eviction(name: str, namespace: str, options: Mapping[str, Any] | None) -> Object:
    """Return the ``Eviction`` of a pod, with these fields of ``DeleteOptions``."""
    wanted: Object = {
        "apiVersion": "policy/v1",
        "kind": "Eviction",
        "metadata": {"name": name, "namespace": namespace},
    }
    if options:
        wanted["deleteOptions"] = dict(options)
    return wanted
