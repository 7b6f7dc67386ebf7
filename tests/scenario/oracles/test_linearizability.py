"""Linearizability: what clients were told has one order that explains it."""

from kactors.checking.actions import Action, Cas, Get, Put
from kactors.checking.operation import Operation
from kactors.scenario.oracles.linearizability import Linearizability
from tests.scenario.oracles.stage import Stage


def done(client: str, action: Action, result: object, begin: int, end: int | None) -> Operation:
    """Return an operation from one nanosecond to another."""
    return Operation(client=client, action=action, result=result, call_ns=begin, return_ns=end)


def judged(*operations: Operation) -> list[str]:
    """Return what is objected to in a history."""
    stage = Stage(Linearizability)
    stage.scene.operations.extend(operations)
    stage.oracle.finish(converged=False)
    return stage.signatures


def test_a_history_with_an_order_is_left_alone() -> None:
    """A write of which nobody knows what became may have happened, or not."""
    assert (
        judged(
            done("a", Put("k", "1"), None, 0, 10),
            done("b", Put("k", "2"), None, 20, None),
            done("c", Get("k"), "1", 30, 40),
            done("c", Get("k"), "2", 50, 60),
            done("a", Cas("k", "2", "3"), True, 70, 80),
        )
        == []
    )


def test_a_stale_read_is_objected_to() -> None:
    """It shows what was replaced before it was asked."""
    found = judged(
        done("a", Put("k", "1"), None, 0, 10),
        done("a", Put("k", "2"), None, 20, 30),
        done("b", Get("k"), "1", 40, 50),
    )

    assert found == ["the history of the API is not linearizable"]


def test_a_lost_write_is_objected_to() -> None:
    """It was acknowledged, and nobody sees it."""
    found = judged(
        done("a", Put("k", "1"), None, 0, 10),
        done("b", Cas("k", "1", "2"), True, 20, 30),
        done("c", Get("k"), "1", 40, 50),
    )

    assert found == ["the history of the API is not linearizable"]
