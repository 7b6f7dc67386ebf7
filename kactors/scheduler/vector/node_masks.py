"""What pods think of nodes by labels, names and taints: the same answer for nodes that look alike.

Each answer is computed once for every distinct projection of the nodes on what is asked about.
"""

from collections.abc import Callable, Hashable, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from kactors.api.node_affinity import NodeSelectorTerm
from kactors.api.taints import find_untolerated
from kactors.scheduler.node_facts import NodeFacts
from kactors.scheduler.node_info import NodeInfo
from kactors.scheduler.plugins.node_affinity import NodeAffinity
from kactors.scheduler.plugins.node_unschedulable import tolerates_cordon
from kactors.scheduler.plugins.taint_toleration import intolerable_count, soft_tolerations
from kactors.scheduler.pod_info import PodInfo

__all__ = [
    "affinity_mask",
    "cordon_mask",
    "preference_weights",
    "preferred_taints",
    "selected_mask",
    "taint_mask",
]

Mask = NDArray[np.bool_]
Counts = NDArray[np.int64]

A = TypeVar("A", bool, int)


def cordon_mask(pod: PodInfo, nodes: Sequence[NodeInfo]) -> Mask:
    """Return for each node whether NodeUnschedulable lets the pod in."""
    if tolerates_cordon(pod):
        return np.ones(len(nodes), bool)
    return np.array([not node.known.unschedulable for node in nodes], bool)


def taint_mask(pod: PodInfo, nodes: Sequence[NodeInfo]) -> Mask:
    """Return for each node whether TaintToleration lets the pod in."""
    tolerations = pod.needs.tolerations
    answers = _by_class(
        nodes, _taints, lambda facts: find_untolerated(facts.taints, tolerations) is None
    )
    return np.array(answers, bool)


def preferred_taints(pod: PodInfo, nodes: Sequence[NodeInfo]) -> Counts:
    """Return for each node the raw score of TaintToleration."""
    tolerations = soft_tolerations(pod)
    answers = _by_class(nodes, _taints, lambda facts: intolerable_count(facts.taints, tolerations))
    return np.array(answers, np.int64)


def affinity_mask(plugin: NodeAffinity, pod: PodInfo, nodes: Sequence[NodeInfo]) -> Mask:
    """Return for each node whether NodeAffinity lets the pod in."""
    mask = selected_mask(pod, nodes)
    if plugin.has_added and plugin.added.selector is not None:
        project = _projection((), plugin.added.selector.terms)
        added = plugin.added
        answers = _by_class(nodes, project, lambda facts: added.matches(facts.labels, facts.name))
        mask &= np.array(answers, bool)
    return mask


def selected_mask(pod: PodInfo, nodes: Sequence[NodeInfo]) -> Mask:
    """Return for each node whether the pod's own node selector and affinity select it."""
    required = pod.needs.required_nodes
    terms = () if required.selector is None else required.selector.terms
    keys = tuple(each.key for each in required.labels.requirements)
    if required.selector is None and required.labels.everything:
        return np.ones(len(nodes), bool)
    project = _projection(keys, terms)
    answers = _by_class(nodes, project, lambda facts: required.matches(facts.labels, facts.name))
    return np.array(answers, bool)


def preference_weights(plugin: NodeAffinity, pod: PodInfo, nodes: Sequence[NodeInfo]) -> Counts:
    """Return for each node the raw score of NodeAffinity."""
    own, added = pod.needs.preferred_nodes, plugin.added_preferences
    project = _projection((), tuple(term for _, term in (*own.terms, *added.terms)))
    answers = _by_class(
        nodes,
        project,
        lambda facts: own.score(facts.labels, facts.name) + added.score(facts.labels, facts.name),
    )
    return np.array(answers, np.int64)


def _projection(
    keys: tuple[str, ...], terms: Sequence[NodeSelectorTerm]
) -> Callable[[NodeFacts], Hashable]:
    """Return what tells nodes apart for someone who asks about these keys and terms."""
    wanted = tuple(
        dict.fromkeys((*keys, *(each.key for term in terms for each in term.expressions)))
    )
    by_name = any(term.names for term in terms)

    def project(facts: NodeFacts) -> Hashable:
        values = tuple(map(facts.labels.get, wanted))
        return (values, facts.name) if by_name else values

    return project


def _taints(facts: NodeFacts) -> Hashable:
    return tuple(
        (taint.get("key"), taint.get("value"), taint.get("effect")) for taint in facts.taints
    )


def _by_class(
    nodes: Sequence[NodeInfo],
    project: Callable[[NodeFacts], Hashable],
    answer: Callable[[NodeFacts], A],
) -> list[A]:
    known: dict[Hashable, A] = {}
    answers: list[A] = []
    for node in nodes:
        facts = node.known
        key = project(facts)
        found = known.get(key)
        if found is None:
            found = known[key] = answer(facts)
        answers.append(found)
    return answers
