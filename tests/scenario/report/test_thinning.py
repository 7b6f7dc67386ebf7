"""Samples made fewer."""

from hypothesis import given
from hypothesis import strategies as st

from kactors.scenario.report.thinning import thin
from kactors.scenario.timeline import ApiSample
from tests.scenario.report.outcomes import sample


@given(st.integers(0, 300), st.integers(1, 50))
def test_nothing_is_lost(seconds: int, most: int) -> None:
    """Calls and operations add up, the seconds too, and there are not too many stretches."""
    found = thin([sample(float(at)) for at in range(seconds)], most)
    assert len(found) <= most
    assert sum(each.calls["web"]["served"] for each in found) == 3 * seconds
    assert sum(each.api.done for each in found if each.api is not None) == 4 * seconds
    assert sum(each.seconds for each in found) == seconds


def test_what_is_bad_survives() -> None:
    """The fewest nodes and ready pods, and the slowest answers."""
    slow = ApiSample(done=1, failed=1, unknown=1, p50_ms=50.0, p99_ms=900.0)
    bad = sample(2.0, nodes_ready=0, pods={"Ready": 0, "Pending": 2}, api=slow)
    (found,) = thin([sample(1.0), bad, sample(3.0)], 1)
    assert found.nodes_ready == 0
    assert found.pods == {"Ready": 0, "Pending": 2}
    assert found.api == ApiSample(done=9, failed=1, unknown=1, p50_ms=50.0, p99_ms=900.0)


def test_seconds_without_clients_have_no_operations() -> None:
    """Nobody asked is another thing than nobody answered."""
    (found,) = thin([sample(1.0, api=None)])
    assert found.api is None
