"""Who led."""

from kactors.scenario.report.axis import Axis
from kactors.scenario.report.leaders import leader_rows
from tests.scenario.report.outcomes import sample, timeline


def test_a_leader_is_named_with_its_term() -> None:
    """While nobody leads there is nobody."""
    samples = [sample(float(at), etcd="", terms={"m1": 5}) for at in range(10)]
    samples += [sample(float(at), etcd="m1", terms={"m1": 6}) for at in range(10, 21)]
    etcd, scheduler, controllers = leader_rows(Axis(0.0, 20.0), timeline(samples=samples))
    assert "nobody · term 5, 0 s to 10 s" in etcd
    assert "m1 · term 6, 10 s to 20 s" in etcd
    assert etcd.count('class="nobody"') == 1
    assert "m1, 0 s to 20 s" in scheduler
    assert ">controller manager<" in controllers


def test_a_new_term_of_the_same_leader_is_a_new_span() -> None:
    """It has lost its leadership in between."""
    samples = [sample(float(at), terms={"m1": 2 if at < 10 else 4}) for at in range(21)]
    etcd, *_ = leader_rows(Axis(0.0, 20.0), timeline(samples=samples))
    assert etcd.count("<rect") == 2


def test_a_leader_that_led_for_an_instant_is_drawn_without_its_name() -> None:
    """There is no room for it; the pointer reads it."""
    samples = [sample(float(at), scheduler="n1" if at == 10 else "m1") for at in range(101)]
    _, scheduler, _ = leader_rows(Axis(0.0, 100.0), timeline(samples=samples))
    assert "n1, 10 s to 11 s" in scheduler
    assert ">n1<" not in scheduler
