"""Which pods are behind a Service, as the pods say and as its slices do."""

from collections.abc import Iterable, Iterator

from kactors.api.meta import is_being_deleted, is_true, labels_of, uid_of
from kactors.api.objects import Object, field
from kactors.scenario.truth import Truth

__all__ = ["ready_endpoints", "ready_pods"]


def ready_pods(truth: Truth, namespace: str, selector: dict[str, str]) -> dict[str, str]:
    """Return the uid of each pod that is ready, stays, and is selected, by its address."""
    return {
        field(pod, "status", "podIP", default=""): uid_of(pod)
        for pod in truth.in_namespace("pods", namespace)
        if selector.items() <= labels_of(pod).items()
        and is_true(pod, "Ready")
        and not is_being_deleted(pod)
    }


def ready_endpoints(slices: Iterable[Object]) -> Iterator[Object]:
    """Yield the endpoints that take new traffic."""
    for each in slices:
        for endpoint in each.get("endpoints") or ():
            if field(endpoint, "conditions", "ready", default=True):
                yield endpoint
