"""Objects that come and go."""

from pathlib import Path

from kactors.bench.churning import Ticks
from kactors.bench.operations import Churn
from kactors.bench.template import Template

SECOND = 1_000_000_000
POD = Template(Path("p.yaml"), "", {"kind": "Pod", "metadata": {"generateName": "p-"}})
NODE = Template(Path("n.yaml"), "", {"kind": "Node", "metadata": {}})


def names(ticks: Ticks, seconds: float) -> list[str]:
    """Return what is due until then: + created, - deleted."""
    due = ticks.due(int(seconds * SECOND))
    return [("+" if created else "-") + obj["metadata"]["name"] for created, obj in due]


def churn(*, number: int = 0, recreate: bool = False) -> Ticks:
    """Return what a churn of a pod and a node, once a second, does from time 0 on."""
    made = Churn(
        index=2,
        templates=(POD, NODE),
        namespace="x",
        interval_seconds=1.0,
        number=number,
        recreate=recreate,
    )
    return Ticks(made, 0)


def test_creating_goes_on() -> None:
    """One object of each template for each tick, with names of their own."""
    ticks = churn()

    assert names(ticks, 0.5) == []
    assert names(ticks, 1) == ["+p-2-0-00000", "+churn-2-1-00000"]
    assert len(names(ticks, 4)) == 6
    assert ticks.next_ns == 5 * SECOND


def test_creating_ends_at_the_number() -> None:
    """After that many ticks nothing is ever due."""
    ticks = churn(number=2)

    assert len(names(ticks, 10)) == 4
    assert ticks.next_ns is None


def test_recreating_deletes_what_it_has_created() -> None:
    """Two ticks create, two delete in the same order, and so on."""
    ticks = churn(number=2, recreate=True)

    created, deleted = names(ticks, 2), names(ticks, 4)

    assert [each[1:] for each in created] == [each[1:] for each in deleted]
    assert all(each.startswith("-") for each in deleted)
    assert all(each.startswith("+") for each in names(ticks, 6))


def test_only_what_has_a_namespace_gets_one() -> None:
    """Nodes have none."""
    (_, pod), (_, node) = churn().due(SECOND)

    assert pod["metadata"]["namespace"] == "x"
    assert "namespace" not in node["metadata"]
