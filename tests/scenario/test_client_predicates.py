"""What goals can ask of users: shares of calls, answered requests, writes that stop."""

import attrs
import pytest

from kactors.checking.actions import Action, Cas, Get, Put
from kactors.checking.operation import Operation
from kactors.cluster.traffic import Call, Outcome, Target, Traffic
from kactors.scenario import ApiAnswers, NoWriteAcknowledged, Served, View
from kactors.scenario.oracles.store import StoreAgreement
from kactors.scenario.predicates import Predicate
from kactors.scenario.view import Clockwork
from tests.scenario.oracles.stage import Stage

SECOND = 1_000_000_000


@pytest.fixture
def view() -> View:
    """Give a view at ten seconds of true time, of a cluster that nobody uses."""
    stage = Stage(StoreAgreement)
    stage.cluster.world.simulation.run_for(10.0)
    clockwork = Clockwork(stage.cluster, stage.truth)
    return View(stage.cluster, stage.truth, clockwork, ("m1",), {}, stage.scene.operations)


def calls(view: View, *outcomes: tuple[float, Outcome]) -> View:
    """Return the view with calls of ``web``, each begun at a second."""
    traffic = Traffic(Target(name="web"), lambda: 10.0, lambda _: True)
    for began_s, outcome in outcomes:
        traffic.latest.append(Call(began_s, 0.1, "n1", "web", outcome))
    return attrs.evolve(view, traffic={"web": traffic})


def answered(
    view: View, action: Action, at_s: float | None, result: object = None, error: str | None = None
) -> None:
    """Let a client have been answered."""
    end = None if at_s is None else round(at_s * SECOND)
    begun = 0 if end is None else end - 1000
    done = Operation(
        client="c", action=action, result=result, call_ns=begun, return_ns=end, error=error
    )
    assert isinstance(view.operations, list)
    view.operations.append(done)


@pytest.mark.parametrize(
    ("predicate", "said"),
    [
        (Served("web", over_s=4), "1 of 4 calls of web were not served"),
        (Served("web", share=0.75, over_s=4), ""),
        (Served("web", share=0.75, over_s=9), "2 of 5"),
        (Served("web", over_s=2), ""),
        (Served("web", over_s=2, least=3), "there were 2 calls of web, not 3"),
        (Served("db"), "nobody calls db"),
    ],
)
def test_a_share_of_the_latest_calls_is_served(view: View, predicate: Predicate, said: str) -> None:
    """Older ones do not count; too few say nothing; without any the scenario is to blame."""
    seen = calls(
        view,
        (2.0, Outcome.REFUSED),
        (6.5, Outcome.SERVED),
        (7.0, Outcome.TIMED_OUT),
        (8.5, Outcome.SERVED),
        (9.0, Outcome.SERVED),
    )

    found = predicate.missing(seen)

    assert found.startswith(said)
    assert bool(found) == bool(said)


def test_the_latest_failure_is_told(view: View) -> None:
    """From where, and what became of it."""
    seen = calls(view, (8.0, Outcome.REFUSED), (9.0, Outcome.TIMED_OUT))

    assert Served("web").missing(seen).endswith("the latest, from n1: timed out")


def test_answers_are_counted_that_came_of_late(view: View) -> None:
    """Refusals are none, nor is what is not answered; writes can be asked for alone."""
    answered(view, Put("k", "1"), 2.0)
    answered(view, Get("k"), 7.0, "1")
    answered(view, Put("k", "2"), None)
    answered(view, Put("k", "3"), 8.0, error="conflict")
    answered(view, Put("k", "4"), 9.0)

    assert ApiAnswers(2).missing(view) == ""
    assert ApiAnswers(3).missing(view) == "2 requests were answered in 5 s, not 3"
    assert ApiAnswers(1, writes=True).missing(view) == ""
    assert ApiAnswers(2, writes=True).missing(view) == "1 writes were answered in 5 s, not 2"
    assert ApiAnswers(3, over_s=9).missing(view) == ""


@pytest.mark.parametrize(
    ("action", "result", "error", "stops"),
    [
        (Get("k"), "1", None, True),
        (Put("k", "2"), None, "no leader", True),
        (Cas("k", "1", "2"), False, None, True),
        (Cas("k", "1", "2"), True, None, False),
        (Put("k", "2"), None, None, False),
    ],
)
def test_writes_stop_unless_one_is_acknowledged(
    view: View, action: Action, result: object, error: str | None, *, stops: bool
) -> None:
    """Reads, refusals and swaps that did not happen are no writes."""
    answered(view, Put("k", "0"), 5.0)
    answered(view, action, 9.5, result, error)

    assert (NoWriteAcknowledged(2.0).missing(view) == "") == stops
