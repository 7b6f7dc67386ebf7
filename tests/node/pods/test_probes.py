"""Probes: thresholds turn answers into results."""

from hypothesis import given
from hypothesis import strategies as st

from kactors.api.objects import Object
from kactors.node.pods.probes import ProbeResult, ProbeTracker, is_started
from kactors.node.runtime.face import ProbeKind


def test_what_probes_begin_with() -> None:
    """A container that was not probed yet is alive, not ready, and nobody knows if it started."""
    kinds = (ProbeKind.LIVENESS, ProbeKind.READINESS, ProbeKind.STARTUP)
    assert [ProbeTracker(kind, {}).result for kind in kinds] == [
        ProbeResult.SUCCESS,
        ProbeResult.FAILURE,
        ProbeResult.UNKNOWN,
    ]


@given(st.lists(st.booleans()), st.integers(1, 4), st.integers(1, 4))
def test_a_result_changes_after_as_many_answers_in_a_row_as_its_threshold(
    answers: list[bool], successes: int, failures: int
) -> None:
    """Compared with counting the whole past anew each time."""
    spec = {"successThreshold": successes, "failureThreshold": failures}
    tracker = ProbeTracker(ProbeKind.READINESS, spec)
    for end in range(1, len(answers) + 1):
        before = tracker.result
        changed = tracker.note(success=answers[end - 1])
        row = answers[:end]
        expected = before
        if row[-successes:] == [True] * successes:
            expected = ProbeResult.SUCCESS
        elif row[-failures:] == [False] * failures:
            expected = ProbeResult.FAILURE
        assert tracker.result is expected
        assert changed == (before is not expected)


def test_times_have_upstream_s_defaults() -> None:
    """Ten seconds apart, from the start on."""
    assert (
        ProbeTracker(ProbeKind.LIVENESS, {}).period,
        ProbeTracker(ProbeKind.LIVENESS, {}).initial_delay,
    ) == (10.0, 0.0)
    spec = {"periodSeconds": 3, "initialDelaySeconds": 7}
    tracker = ProbeTracker(ProbeKind.LIVENESS, spec)
    assert (tracker.period, tracker.initial_delay) == (3.0, 7.0)


def test_a_container_with_a_startup_probe_has_started_when_that_has_succeeded() -> None:
    """Without one, as soon as it runs."""
    probed: Object = {"startupProbe": {}}
    assert is_started({}, "c", {})
    assert not is_started(probed, "c", {})
    assert is_started(probed, "c", {("c", ProbeKind.STARTUP): ProbeResult.SUCCESS})
