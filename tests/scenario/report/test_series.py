"""Rows of numbers over time."""

from kactors.scenario.report.axis import Axis
from kactors.scenario.report.series import series_rows
from kactors.scenario.report.thinning import thin
from kactors.scenario.timeline import ApiSample, Sample
from tests.scenario.report.outcomes import sample

_AXIS = Axis(0.0, 3.0)


def rows(*samples: Sample) -> list[str]:
    """Return all rows."""
    return list(series_rows(_AXIS, thin(samples)))


def test_there_is_a_row_for_each_thing_that_is_counted() -> None:
    """One for each Service."""
    found = rows(sample(1.0), sample(2.0, calls={"db": {"served": 1}}))
    names = [row.partition("<b>")[2].partition("</b>")[0] for row in found]
    assert names == [
        "nodes ready",
        "pods",
        "API latency",
        "API operations",
        "calls of db",
        "calls of web",
    ]


def test_what_nobody_did_has_no_row() -> None:
    """Scenarios without clients and calls have short reports."""
    assert len(rows(sample(1.0, api=None, calls={}))) == 2
    assert rows() == []


def test_misrouted_calls_have_a_colour_of_their_own() -> None:
    """Which is explained only where there are any."""
    *_, served = rows(sample(1.0))
    *_, both = rows(sample(1.0, calls={"web": {"served": 9, "misrouted": 1}}))
    assert "misrouted" not in served
    assert 'class="area misrouted"' in both
    assert 'class="misrouted"></i>misrouted' in both


def test_pods_that_run_and_are_not_ready_are_between() -> None:
    """Ready ones are among those that run."""
    _, pods, *_ = rows(sample(1.0, pods={"Ready": 1, "Running": 3, "Pending": 1, "Failed": 1}))
    assert pods.count('<path d="') == 4
    assert "running, not ready" in pods
    assert ">5<" in pods


def test_a_second_in_which_nobody_was_answered_has_no_latency() -> None:
    """What failed is drawn all the same."""
    silent = ApiSample(done=0, failed=1, unknown=2, p50_ms=None, p99_ms=None)
    _, _, latency, operations, _ = rows(sample(1.0, api=silent))
    assert "<path" not in latency
    assert operations.count('<path d="') == 2
