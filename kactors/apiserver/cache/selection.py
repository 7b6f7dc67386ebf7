"""What a list or a watch is about: where to look, and what of it is wanted."""

import attrs

from kactors.api.errors import BadRequest
from kactors.api.fields import FieldSelector
from kactors.api.labels import LabelSelector
from kactors.api.meta import labels_of
from kactors.api.registry import Resource
from kactors.apiserver.cache.caches import INDEXED_FIELDS
from kactors.apiserver.cache.entry import Entry, Matches
from kactors.apiserver.cache.watchers import Scope


@attrs.frozen
class Selection:
    """See the module's text.

    Attributes:
        scope: where to look.
        matches: what is wanted there; None is everything.
        whole: what is wanted of all objects in the namespace, wherever one looks; None is
            everything.
    """

    scope: Scope
    matches: Matches | None
    whole: Matches | None


def select(
    resource: Resource, namespace: str, labels: LabelSelector, fields: FieldSelector
) -> Selection:
    """Return what selectors in a namespace (empty: in all) ask for.

    Raises:
        BadRequest: the kind has no such field.
    """
    _check(resource, fields)
    indexed = INDEXED_FIELDS.get((resource.group, resource.plural))
    trigger = None if indexed is None else fields.required_value(indexed)
    name = fields.required_value("metadata.name") if trigger is None else None
    where = namespace or fields.required_value("metadata.namespace") or ""
    scope = Scope(where, name or "", trigger)
    # What the scope says by itself is not compared again, object for object.
    said = {"metadata.name": name, "metadata.namespace": where or None}
    if indexed is not None:
        said[indexed] = trigger
    left = FieldSelector(
        tuple(
            term
            for term in fields.terms
            if not (term.equal and term.value and said.get(term.field) == term.value)
        )
    )
    return Selection(scope, _matcher(resource, labels, left), _matcher(resource, labels, fields))


def _matcher(resource: Resource, labels: LabelSelector, fields: FieldSelector) -> Matches | None:
    if labels.everything and fields.everything:
        return None
    getters = resource.field_labels

    def matches(entry: Entry) -> bool:
        found = entry.object
        return labels.matches(labels_of(found)) and fields.matches_object(found, getters)

    return matches


def _check(resource: Resource, fields: FieldSelector) -> None:
    for name in fields.fields():
        if name not in resource.field_labels:
            if len(resource.field_labels) == 2:
                known = 'only "metadata.name", "metadata.namespace"'
                raise BadRequest(f'"{name}" is not a known field selector: {known}')
            raise BadRequest(f"field label not supported: {name}")
