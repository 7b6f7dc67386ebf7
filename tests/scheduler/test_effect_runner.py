"""How the scheduler's wishes become writes."""

from collections.abc import Mapping
from typing import Any, cast

import attrs
import pytest

from kactors.api.errors import Conflict, NotFound, TooManyRequests
from kactors.api.objects import Object
from kactors.client.errors import NotLeading, OutcomeUnknown, ShutDown, Unavailable
from kactors.client.events import EventRecorder
from kactors.client.lister import Lister
from kactors.client.rest import Client
from kactors.runtime import sim
from kactors.scheduler.effect_runner import EffectRunner
from kactors.scheduler.effects import BindPod, Effect, EvictPod, PatchPodStatus, PodName
from tests.scheduler.making import pod

POD = PodName("default", "p", "default-p")
UNKNOWN, TAKEN = OutcomeUnknown("no answer"), Conflict("pods", "p")


class FakePods:
    """One pod, and the answers to the next bindings."""

    def __init__(self, *answers: Exception | None, node: str = "") -> None:
        self.answers = list(answers)
        self.pod = pod("p", node_name=node)
        self.calls: list[str] = []
        self.patches: list[Object] = []
        self.unreadable: list[Exception] = []

    def resource(self, _name: str) -> "FakePods":
        """Be the client as well as the resource."""
        return self

    async def get(self, _name: str, _namespace: str) -> Object:
        """Return the pod, once it can be read."""
        if self.unreadable:
            raise self.unreadable.pop(0)
        return self.pod

    async def bind(self, obj: Object, node: str) -> None:
        """Answer as planned."""
        self.calls.append(f"bind {obj['metadata']['name']} {node}")
        answer = self.answers.pop(0)
        if answer is not None:
            raise answer

    async def patch(self, name: str, patch: Object, namespace: str, *, subresource: str) -> None:
        """Take note, or answer as planned."""
        self.calls.append(f"patch {subresource}")
        self.patches.append(patch)
        if self.answers and (answer := self.answers.pop(0)) is not None:
            raise answer

    async def delete(self, name: str, namespace: str, *, options: Mapping[str, Any]) -> None:
        """Take note."""
        self.calls.append(f"delete {options['preconditions']['uid']}")


@attrs.frozen
class FakeLister:
    """What is known of the pod."""

    pods: FakePods

    def get(self, _name: str, _namespace: str) -> Object:
        """Return the pod."""
        return self.pods.pod


def runner_of(pods: FakePods) -> EffectRunner:
    """Return who carries out effects on the pod."""
    client = cast("Client", pods)
    return EffectRunner(client, cast("EventRecorder", None), cast("Lister", FakeLister(pods)))


def failures(pods: FakePods, *effects: Effect) -> list[Effect]:
    """Carry out effects, and return what could not be done."""
    failed: list[Effect] = sim.run(runner_of(pods).attempt, effects)
    return failed


def run(pods: FakePods, *effects: Effect, binding: bool = False) -> FakePods:
    """Carry out effects."""
    runner = runner_of(pods)

    async def story() -> None:
        await (runner.bind(effects) if binding else runner.attempt(effects))

    sim.run(story)
    return pods


def test_a_lost_answer_is_asked_for_again() -> None:
    """A binding of unknown outcome is written again; if it had happened that is found out."""
    bind = BindPod(POD, "n")

    assert len(run(FakePods(UNKNOWN, None), bind, binding=True).calls) == 2
    assert len(run(FakePods(UNKNOWN, TAKEN, node="n"), bind, binding=True).calls) == 2
    with pytest.raises(Conflict):
        run(FakePods(UNKNOWN, TAKEN, node="other"), bind, binding=True)
    with pytest.raises(Conflict):
        run(FakePods(TAKEN, node="n"), bind, binding=True)


def test_a_binding_is_written_until_its_outcome_is_known() -> None:
    """A pod that was forgotten before that could be bound after all, to room that is taken."""
    bind = BindPod(POD, "n")
    refused = TooManyRequests("busy")

    assert len(run(FakePods(*[UNKNOWN] * 20, None), bind, binding=True).calls) == 21
    assert (
        len(run(FakePods(UNKNOWN, refused, Unavailable("down"), None), bind, binding=True).calls)
        == 4
    )
    for end in (NotFound("pods", "p"), NotLeading("m2 does"), ShutDown("over")):
        with pytest.raises(type(end)):
            run(FakePods(UNKNOWN, end), bind, binding=True)
    with pytest.raises(TooManyRequests):
        run(FakePods(refused), bind, binding=True)


def test_who_cannot_find_out_asks_on() -> None:
    """The pod is bound to something, and nobody says to what; then it is gone."""
    pods = FakePods(UNKNOWN, TAKEN, TAKEN, TAKEN, node="n")
    pods.unreadable = [Unavailable("down"), Unavailable("down")]
    assert len(run(pods, BindPod(POD, "n"), binding=True).calls) == 4

    pods = FakePods(UNKNOWN, TAKEN)
    pods.unreadable = [NotFound("pods", "p")]
    with pytest.raises(Conflict):
        run(pods, BindPod(POD, "n"), binding=True)


def test_only_news_are_written() -> None:
    """A status that says it already is not written again."""
    effect = PatchPodStatus(POD, "Unschedulable", "no room", "n")
    pods = run(FakePods(), effect)
    (patch,) = pods.patches
    assert patch["status"]["nominatedNodeName"] == "n"
    assert patch["status"]["conditions"][0]["reason"] == "Unschedulable"

    pods.pod["status"] = patch["status"]

    assert run(pods, effect).calls == ["patch status"]
    other = PatchPodStatus(PodName("default", "p", "older"), "Unschedulable", "no room")
    assert run(pods, other).calls == ["patch status"]
    taken_back = run(pods, PatchPodStatus(POD, "", "", ""))
    assert taken_back.patches[-1]["status"] == {"nominatedNodeName": None}


def test_victims_are_told_why() -> None:
    """A victim gets its condition first; one that is gone already is no problem."""
    evict = EvictPod(POD, "make room", "other")

    assert run(FakePods(), evict).calls == ["patch status", "delete default-p"]
    assert run(FakePods(NotFound("pods", "p")), evict).calls == ["patch status"]


def test_what_could_not_be_done_is_known() -> None:
    """A victim that could not be asked to go is named; one that could, or is gone, is not."""
    evict = EvictPod(POD, "make room", "other")

    assert failures(FakePods(UNKNOWN), evict) == [evict]
    assert failures(FakePods(), evict) == failures(FakePods(NotFound("pods", "p")), evict) == []
