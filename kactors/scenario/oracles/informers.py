"""What components believe there to be: never older than before, in the end what there is."""

from typing import ClassVar, Final

import attrs

from kactors.api.fields import FieldSelector
from kactors.api.labels import LabelSelector
from kactors.api.meta import key_of, labels_of, revision_of
from kactors.api.objects import Object
from kactors.api.registry import REGISTRY
from kactors.client.informer import SharedInformer
from kactors.client.reflector import Selection
from kactors.client.resources import GroupVersionResource
from kactors.scenario.oracle import Oracle, Scene
from kactors.scenario.truth import Change

__all__ = ["Informers"]

#: What was written so shortly before the end may be under way to a copy.
_UNDER_WAY_NS: Final = 2_000_000_000


class Informers(Oracle):
    """No informer of a component goes back in time; once all is healed, each is like the original.

    Ordered and Reliable of etcd's watch guarantees, on the hop from an apiserver to those who keep
    copies: schedulers, controllers, kubelets, proxies. Catches k8s#55587 and #106102 (a deletion
    that nobody told of while a watch was broken) and k8s#59848 (a reader that is taken back in
    time by a replica that is behind).
    """

    name: ClassVar[str] = "informers"

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        self._listened: dict[SharedInformer, None] = {}
        #: (resource, key) -> true time of the latest change.
        self._changed_ns: dict[tuple[str, str], int] = {}
        scene.truth.on_change.append(self._changed)

    def _changed(self, change: Change) -> None:
        obj = change.after or change.before
        assert obj is not None, "a change of nothing"
        self._changed_ns[change.resource, key_of(obj)] = change.at_ns

    def look(self) -> None:
        """Listen to the informers that are new."""
        now: dict[SharedInformer, None] = {}
        for host, component, informers in self.scene.cluster.observer.informers():
            for resource, _, informer in informers.each():
                now[informer] = None
                if informer not in self._listened:
                    informer.add_handler(_Order(self, f"{component} on {host}", str(resource)))
        self._listened = now

    def waits(self) -> bool:
        """Tell whether a copy in the core is behind: a replica that is cut off may hold it back."""
        return bool(self._first_difference())

    def finish(self, *, converged: bool) -> None:
        """Compare each copy in the core with what is stored."""
        problem = self._first_difference() if converged else ""
        if problem:
            self.object_to("an informer differs for good", problem)

    def _first_difference(self) -> str:
        """Return in what a copy in the core differs from the original; empty if none does."""
        for host, component, informers in self.scene.cluster.observer.informers():
            if host not in self.scene.core:
                continue
            for resource, selection, informer in informers.each():
                problem = self._difference(resource, selection, informer)
                if problem:
                    return f"the informer of {resource} of {component} on {host} {problem}"
        return ""

    def _difference(
        self, resource: GroupVersionResource, selection: Selection, informer: SharedInformer
    ) -> str:
        """Return in what a copy differs from the original; empty if it does not."""
        if not informer.has_synced():
            return f"has never had its first list: {informer.problem}"
        plural = resource.resource
        stored = self._stored(plural, selection)
        held = {key_of(obj): revision_of(obj) for obj in informer.indexer.list()}
        late_ns = self.scene.now_ns - _UNDER_WAY_NS
        for key in {**held, **stored}:
            mine, true = held.get(key), stored.get(key)
            if mine != true and self._changed_ns.get((plural, key), 0) < late_ns:
                return f"has {key} {_said(mine)}, which is stored {_said(true)}"
        return ""

    def _stored(self, plural: str, selection: Selection) -> dict[str, int]:
        """Return the revisions of what a selection should show, by key."""
        labels = LabelSelector.parse(selection.label_selector)
        fields = FieldSelector.parse(selection.field_selector)
        getters = REGISTRY.by_name(plural).field_labels
        return {
            key_of(obj): revision_of(obj)
            for (namespace, _), obj in self.scene.truth.objects(plural).items()
            if selection.namespace in {"", namespace}
            and labels.matches(labels_of(obj))
            and fields.matches_object(obj, getters)
        }


def _said(revision: int | None) -> str:
    return "not at all" if revision is None else f"at revision {revision}"


@attrs.define
class _Order:
    """Listens to one informer.

    Attributes:
        oracle: told what is wrong.
        whose: component and host.
        resource: of the informer.
    """

    oracle: Oracle
    whose: str
    resource: str
    _gone: dict[str, int] = attrs.field(factory=dict)

    def on_add(self, obj: Object, *, is_in_initial_list: bool) -> None:
        """Compare with what was last known of the name."""
        del is_in_initial_list
        self._compare(obj, self._gone.pop(key_of(obj), 0))

    def on_update(self, old: Object, new: Object) -> None:
        """Compare with what was known."""
        self._compare(new, revision_of(old))

    def on_delete(self, obj: Object, *, final_state_unknown: bool) -> None:
        """Remember at which revision it went, or was last seen."""
        del final_state_unknown
        self._gone[key_of(obj)] = revision_of(obj)

    def _compare(self, obj: Object, before: int) -> None:
        if revision_of(obj) < before:
            self.oracle.object_to(
                "an informer goes back in time",
                f"the informer of {self.resource} of {self.whose} was told of {key_of(obj)} at "
                f"revision {revision_of(obj)} after revision {before}",
            )
