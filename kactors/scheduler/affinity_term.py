"""Terms of pod affinity and anti-affinity: near which other pods, in which sense of near.

Source: kubernetes staging/src/k8s.io/kube-scheduler/framework/types.go (``AffinityTerm``).
"""

from collections.abc import Callable, Mapping

import attrs

from kactors.api.labels import NOTHING, LabelSelector
from kactors.api.objects import Object

__all__ = ["AffinityTerm", "NamespaceLabels", "WeightedTerm", "preferred_terms", "required_terms"]

NamespaceLabels = Callable[[str], Mapping[str, str]]
"""From the name of a namespace to its labels."""


@attrs.frozen
class AffinityTerm:
    """One term, as it stands in the pod of one namespace.

    Attributes:
        topology_key: the node label whose equal values mean *near*.
        selector: which pods.
        namespaces: in which namespaces, sorted.
        namespace_selector: and in all namespaces with these labels.
    """

    topology_key: str
    selector: LabelSelector
    namespaces: tuple[str, ...]
    namespace_selector: LabelSelector = NOTHING

    def matches(
        self, namespace: str, labels: Mapping[str, str], labels_of: NamespaceLabels
    ) -> bool:
        """Whether a pod of that namespace with these labels is one of those meant."""
        if not self.selector.matches(labels):
            return False
        if namespace in self.namespaces:
            return True
        where = self.namespace_selector
        return where is not NOTHING and where.matches(labels_of(namespace))


@attrs.frozen
class WeightedTerm:
    """A preference.

    Attributes:
        weight: 1 to 100.
        term: what is preferred, or avoided.
    """

    weight: int
    term: AffinityTerm


def required_terms(affinity: Object | None, namespace: str) -> tuple[AffinityTerm, ...]:
    """Read ``requiredDuringSchedulingIgnoredDuringExecution``."""
    terms = (affinity or {}).get("requiredDuringSchedulingIgnoredDuringExecution") or ()
    return tuple(_term(each, namespace) for each in terms)


def preferred_terms(affinity: Object | None, namespace: str) -> tuple[WeightedTerm, ...]:
    """Read ``preferredDuringSchedulingIgnoredDuringExecution``."""
    terms = (affinity or {}).get("preferredDuringSchedulingIgnoredDuringExecution") or ()
    return tuple(
        WeightedTerm(each.get("weight", 0), _term(each.get("podAffinityTerm") or {}, namespace))
        for each in terms
    )


def _term(term: Object, namespace: str) -> AffinityTerm:
    """Read one term; without any word about namespaces the pod's own is meant."""
    where = term.get("namespaceSelector")
    namespaces = tuple(sorted(term.get("namespaces") or ()))
    if not namespaces and where is None:
        namespaces = (namespace,)
    return AffinityTerm(
        topology_key=term.get("topologyKey", ""),
        selector=LabelSelector.from_object(term.get("labelSelector")),
        namespaces=namespaces,
        namespace_selector=LabelSelector.from_object(where),
    )
