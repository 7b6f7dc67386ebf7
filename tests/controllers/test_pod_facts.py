"""What is remembered of pods between two looks at them."""

from hypothesis import given
from hypothesis import strategies as st

from kactors.api.labels import LabelSelector
from kactors.controllers.pod_facts import KnownPods, PodFacts
from kactors.controllers.pods import is_active, is_ready, ready_since
from tests.controllers.objects import at, pod

SELECTOR = LabelSelector.from_labels({"app": "web"})


def test_facts_are_those_of_the_pod() -> None:
    """Facts agree with what is asked of the pod itself, one by one."""
    pods = [
        pod(ready=True, ready_at=5, labels={"app": "web"}),
        pod(phase="Pending"),
        pod(phase="Succeeded"),
        {**pod("going"), "metadata": {**pod("going")["metadata"], "deletionTimestamp": "x"}},
    ]
    found = [PodFacts.of(each) for each in pods]

    assert [facts.active for facts in found] == [is_active(each) for each in pods]
    assert [facts.ready_ns is not None for facts in found] == [is_ready(each) for each in pods]
    assert found[0].ready_ns == ready_since(pods[0]) == at(5)
    assert [facts.leaving for facts in found] == [False, False, False, True]
    assert found[0].labels == {"app": "web"}


@given(st.data())
def test_only_what_has_changed_is_looked_at_again(data: st.DataObject) -> None:
    """Whatever is swapped, added or taken away: facts come in order, and only once per version."""
    known, pods = KnownPods(SELECTOR), [pod(f"p{number}") for number in range(4)]
    facts = known.note(pods, known.unknown(pods))
    for _ in range(3):
        before = {id(each.pod): each for each in facts}
        kept = data.draw(st.sets(st.integers(0, len(pods) - 1))) if pods else set()
        pods = [each if place in kept else dict(each) for place, each in enumerate(pods)]
        pods = [*pods[data.draw(st.integers(0, 1)) :], pod("more")]
        strangers = known.unknown(pods)
        facts = known.note(pods, strangers)

        assert all(each is expected for each, expected in zip(
            (one.pod for one in facts), pods, strict=True))  # fmt: skip
        assert [each for each in facts if id(each.pod) in before] == [
            before[id(each)] for each in pods if id(each) in before
        ]
        assert len(strangers) == sum(id(each) not in before for each in pods)


def test_what_is_not_owned_is_not_noted() -> None:
    """A candidate that was refused has no facts; what was adopted comes last."""
    mine, refused, adopted = pod("mine"), pod("refused"), pod("adopted")
    known = KnownPods(SELECTOR)

    assert [each.pod for each in known.note([refused, mine], [adopted, mine])] == [mine, adopted]
    assert known.unknown([mine, refused, adopted]) == [refused]
