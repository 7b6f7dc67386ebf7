"""Which nodes a pod may and would rather run on.

Source: kubernetes staging/src/k8s.io/component-helpers/scheduling/corev1/nodeaffinity.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache

import attrs

from kactors.api.errors import MalformedSelector
from kactors.api.labels import LabelSelector, Requirement
from kactors.api.objects import Object, field

__all__ = ["NodeSelector", "NodeSelectorTerm", "PreferredSchedulingTerms",
           "RequiredNodeAffinity"]  # fmt: skip

_OPERATORS = {"In": "in", "NotIn": "notin", "Exists": "exists", "DoesNotExist": "!", "Gt": "gt",
              "Lt": "lt"}  # fmt: skip

Parts = tuple[tuple[str, str, tuple[str, ...]], ...]


@attrs.frozen
class NodeSelectorTerm:
    """Requirements on the labels and fields of a node, all of which must be met.

    Attributes:
        expressions: on labels.
        names: on ``metadata.name``, the only field there is: In or NotIn with one value.
    """

    expressions: tuple[Requirement, ...] = ()
    names: tuple[Requirement, ...] = ()

    @classmethod
    def from_object(cls, term: Object) -> "NodeSelectorTerm":
        """Return the term of a ``NodeSelectorTerm`` object.

        Raises:
            MalformedSelector: an operator is unknown, or its values do not fit it.
        """
        return _term(_parts(term.get("matchExpressions")), _parts(term.get("matchFields")))

    @property
    def empty(self) -> bool:
        """Whether nothing is required; such a term matches no node."""
        return not self.expressions and not self.names

    def matches(self, labels: Mapping[str, str], name: str = "") -> bool:
        """Tell whether a node of this name, with these labels, is as required."""
        if self.empty:
            return False
        if not all(each.matches(labels) for each in self.expressions):
            return False
        fields = {"metadata.name": name}
        return all(each.matches(fields) for each in self.names)


@attrs.frozen
class NodeSelector:
    """Terms of which one must match; without terms, no node does. Hashable."""

    terms: tuple[NodeSelectorTerm, ...] = ()

    @classmethod
    def from_object(cls, selector: Object) -> "NodeSelector":
        """Return the selector of a ``NodeSelector`` object.

        Raises:
            MalformedSelector: an operator is unknown, or its values do not fit it.
        """
        terms = selector.get("nodeSelectorTerms") or ()
        return cls(tuple(NodeSelectorTerm.from_object(term) for term in terms))

    def matches(self, labels: Mapping[str, str], name: str = "") -> bool:
        """Tell whether a node of this name, with these labels, matches one of the terms."""
        return any(term.matches(labels, name) for term in self.terms)


@attrs.frozen
class RequiredNodeAffinity:
    """What a pod demands of its node: its ``nodeSelector``, and its required node affinity.

    Attributes:
        labels: from ``spec.nodeSelector``.
        selector: from ``spec.affinity``; ``None`` if the pod has none.
    """

    labels: LabelSelector
    selector: NodeSelector | None = None

    @classmethod
    def of_pod(cls, pod: Object) -> "RequiredNodeAffinity":
        """Return what ``pod`` demands.

        Raises:
            MalformedSelector: its affinity cannot be understood.
        """
        spec: Object = pod.get("spec") or {}
        required = field(
            spec, "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution"
        )
        selector = None if required is None else NodeSelector.from_object(required)
        return cls(LabelSelector.from_labels(spec.get("nodeSelector")), selector)

    def matches(self, labels: Mapping[str, str], name: str = "") -> bool:
        """Tell whether a node of this name, with these labels, will do."""
        if not self.labels.matches(labels):
            return False
        return self.selector is None or self.selector.matches(labels, name)


@attrs.frozen
class PreferredSchedulingTerms:
    """What a pod would rather have of its node: terms with weights, from 1 to 100."""

    terms: tuple[tuple[int, NodeSelectorTerm], ...] = ()

    @classmethod
    def of_pod(cls, pod: Object) -> "PreferredSchedulingTerms":
        """Return the preferred node affinity of ``pod``.

        Raises:
            MalformedSelector: it cannot be understood.
        """
        preferred: Iterable[Object] = field(
            pod, "spec", "affinity", "nodeAffinity",
            "preferredDuringSchedulingIgnoredDuringExecution", default=(),
        )  # fmt: skip
        terms = (
            (each.get("weight", 0), NodeSelectorTerm.from_object(each.get("preference") or {}))
            for each in preferred
        )
        return cls(tuple((weight, term) for weight, term in terms if weight and not term.empty))

    def score(self, labels: Mapping[str, str], name: str = "") -> int:
        """Return the sum of the weights of the terms that a node matches."""
        return sum(weight for weight, term in self.terms if term.matches(labels, name))


def _parts(expressions: Iterable[Object] | None) -> Parts:
    return tuple(
        (each.get("key", ""), each.get("operator", ""), tuple(each.get("values") or ()))
        for each in expressions or ()
    )


@lru_cache(maxsize=16384)
def _term(expressions: Parts, fields: Parts) -> NodeSelectorTerm:
    return NodeSelectorTerm(_requirements(expressions), _names(fields))


def _requirements(parts: Parts) -> tuple[Requirement, ...]:
    found = []
    for key, operator, values in parts:
        if operator not in _OPERATORS:
            raise MalformedSelector(f'"{operator}" is not a valid node selector operator')
        requirement = Requirement(key, _OPERATORS[operator], tuple(sorted({*values})))
        if errors := requirement.faults():
            raise MalformedSelector("; ".join(str(error) for error in errors), errors)
        found.append(requirement)
    return tuple(found)


def _names(parts: Parts) -> tuple[Requirement, ...]:
    found = []
    for key, operator, values in parts:
        if key != "metadata.name" or operator not in {"In", "NotIn"} or len(values) != 1:
            raise MalformedSelector(
                f"matchFields was given {key!r} {operator} with {len(values)} values; it takes "
                f"metadata.name, In or NotIn, and one value"
            )
        found.append(Requirement(key, _OPERATORS[operator], values))
    return tuple(found)
