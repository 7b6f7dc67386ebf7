"""Informers: what components hold is never older than before, and in the end what is stored."""

from collections.abc import Iterator
from typing import Any, cast

import attrs
import pytest

from kactors.api.meta import key_of
from kactors.api.objects import Object, deep_copy
from kactors.client.indexer import Indexer
from kactors.client.informer import ResourceEventHandler
from kactors.client.informer_factory import SharedInformerFactory
from kactors.client.reflector import Selection
from kactors.client.resources import find_resource
from kactors.scenario.oracles.informers import Informers
from tests.scenario.oracles.stage import Stage, pod


@attrs.define(eq=False)
class Copy:
    """As much of an informer of pods, or of those of one node, as the oracle looks at."""

    selection: Selection = attrs.field(factory=Selection)
    indexer: Indexer = attrs.field(factory=lambda: Indexer({}))
    problem: Exception | None = None
    synced: bool = True
    handlers: list[ResourceEventHandler] = attrs.field(factory=list)

    def has_synced(self) -> bool:
        """Tell whether there was a list."""
        return self.synced

    def add_handler(self, handler: ResourceEventHandler) -> None:
        """Tell a handler from now on."""
        self.handlers.append(handler)

    def each(self) -> Iterator[tuple[Any, Selection, "Copy"]]:
        """Yield itself, as a factory yields its informers."""
        yield find_resource("pods"), self.selection, self

    def hold(self, *objects: Object) -> None:
        """Keep objects."""
        for obj in objects:
            self.indexer.put(key_of(obj), obj)


@pytest.fixture
def copy() -> Copy:
    """Give an informer of all pods."""
    return Copy()


@pytest.fixture
def stage(copy: Copy, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """Give a stage on which the kubelet of the only master has that informer."""
    made = Stage(Informers)
    found = [("m1", "kubelet", cast("SharedInformerFactory", copy))]
    monkeypatch.setattr(made.cluster.observer, "informers", lambda: iter(found))
    made.write(pod("a", node="n1"), pod("b", node="n2"))
    made.scene.cluster.world.simulation.run_for(3.0)
    return made


def at(obj: Object, revision: int) -> Object:
    """Return an object as it is at a revision."""
    found: Object = deep_copy(obj)
    found["metadata"]["resourceVersion"] = str(revision)
    return found


def stored(stage: Stage) -> list[Object]:
    """Return the pods that are stored."""
    return list(stage.truth.objects("pods").values())


def test_a_copy_like_the_original_is_left_alone(stage: Stage, copy: Copy) -> None:
    """Also one of a selection."""
    copy.hold(*stored(stage))
    stage.oracle.finish(converged=True)

    chosen = Copy(Selection.of(field_selector="spec.nodeName=n1"))
    chosen.hold(stored(stage)[0])
    copy.indexer, copy.selection = chosen.indexer, chosen.selection
    stage.oracle.finish(converged=True)

    assert stage.findings == []


@pytest.mark.parametrize("fault", ["lacks", "keeps", "is late"])
def test_a_copy_that_differs_in_the_end_is_objected_to(
    stage: Stage, copy: Copy, fault: str
) -> None:
    """It lacks an object, keeps one that is gone, or has an old one."""
    first, second = stored(stage)
    held = {
        "lacks": [first],
        "keeps": [first, second, pod("gone")],
        "is late": [first, at(second, 1)],
    }
    copy.hold(*held[fault])

    stage.oracle.finish(converged=False)
    assert stage.findings == []
    stage.oracle.finish(converged=True)

    assert stage.signatures == ["an informer differs for good"]
    assert "kubelet on m1" in stage.findings[0].text


def test_a_copy_that_never_came_is_objected_to(stage: Stage, copy: Copy) -> None:
    """With what its reflector complains about."""
    copy.synced, copy.problem = False, ValueError("nobody serves")

    stage.oracle.finish(converged=True)

    assert "nobody serves" in stage.findings[0].text


def test_what_was_written_just_now_may_be_under_way(stage: Stage, copy: Copy) -> None:
    """A copy need not be faster than light."""
    copy.hold(*stored(stage))
    stage.write(pod("c"))

    stage.oracle.finish(converged=True)

    assert stage.findings == []


def test_an_older_state_after_a_newer_one_is_objected_to(stage: Stage, copy: Copy) -> None:
    """By an update, and by an addition after a deletion; a newer one is left alone."""
    stage.oracle.look()
    stage.oracle.look()
    (handler,) = copy.handlers
    one = pod("a")
    handler.on_add(at(one, 5), is_in_initial_list=True)
    handler.on_update(at(one, 5), at(one, 7))
    handler.on_delete(at(one, 8), final_state_unknown=False)
    handler.on_add(at(one, 9), is_in_initial_list=False)
    assert stage.findings == []

    handler.on_update(at(one, 9), at(one, 7))
    handler.on_delete(at(one, 9), final_state_unknown=False)
    handler.on_add(at(one, 6), is_in_initial_list=False)

    assert stage.signatures == ["an informer goes back in time"] * 2
