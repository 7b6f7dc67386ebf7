"""From objects to the table: the same, however it got there, and only what changed."""

from hypothesis import given, settings
from hypothesis import strategies as st

from kactors.api.objects import Object
from kactors.node.proxy.table import ServiceTable
from kactors.node.proxy.tracker import ServiceTracker
from tests.node.proxy.services import endpoint, endpoint_slice, service

NAMES = ("a", "b")


def shown(table: ServiceTable) -> dict[object, object]:
    """Return all that a table says, to be compared."""
    return {
        location: (rule.port, rule.categories, external)
        for location, (rule, external) in table.locations().items()
    }


ips = st.lists(st.integers(1, 4), max_size=3, unique=True)
changes: st.SearchStrategy[tuple[object, ...]] = st.one_of(
    st.tuples(st.just("service"), st.sampled_from(NAMES), st.integers(1, 3)),
    st.tuples(st.just("no service"), st.sampled_from(NAMES), st.just(0)),
    st.tuples(st.just("slice"), st.sampled_from(("x", "y")), st.sampled_from(NAMES), ips),
    st.tuples(st.just("no slice"), st.sampled_from(("x", "y")), st.just("a"), st.just([])),
)


def apply(tracker: ServiceTracker, change: tuple[object, ...], now: dict[str, Object]) -> None:
    """Make a change, and remember the objects that there are after it."""
    match change:
        case ("service", str(name), int(last)):
            now[name] = service(name, clusterIP=f"10.96.0.{last + 4 * NAMES.index(name)}")
            tracker.set_service(now[name])
        case ("no service", str(name), _):
            tracker.remove_service(now.pop(name, service(name)))
        case ("slice", str(name), str(of), list(last)):
            found = [endpoint(f"10.1.0.{each}") for each in last]
            now[name] = endpoint_slice(name, *found, of=of)
            tracker.set_slice(now[name])
        case ("no slice", str(name), _, _):
            tracker.remove_slice(now.pop(name, endpoint_slice(name)))


@settings(max_examples=50)
@given(st.lists(st.tuples(changes, st.booleans()), max_size=12))
def test_the_table_is_that_of_the_objects_that_there_are(
    drawn: list[tuple[tuple[object, ...], bool]],
) -> None:
    """Whatever came before, and however often it was brought up to date in between."""
    tracker, table = ServiceTracker("n1", "z"), ServiceTable()
    now: dict[str, Object] = {}
    for change, sync in drawn:
        apply(tracker, change, now)
        if sync:
            tracker.sync(table)
    tracker.sync(table)
    fresh, expected = ServiceTracker("n1", "z"), ServiceTable()
    for obj in now.values():
        (fresh.set_service if obj["kind"] == "Service" else fresh.set_slice)(obj)
    fresh.sync(expected)
    assert shown(table) == shown(expected)
    foreign = ServiceTable()
    other = ServiceTracker("n1", "z")
    other.set_service(service("left over", clusterIP="10.96.9.9"))
    other.sync(foreign)
    tracker.sync_all(foreign)
    assert shown(foreign) == shown(expected)


def test_a_changed_slice_costs_its_service_only() -> None:
    """Nothing is computed for the others, and for this one only when somebody asks."""
    tracker, table = ServiceTracker("n1"), ServiceTable()
    for name, ip in (("a", "10.96.0.1"), ("b", "10.96.0.2")):
        tracker.set_service(service(name, clusterIP=ip))
    assert tracker.sync(table) == 2
    other = table.rules_of("default/b")
    tracker.set_slice(endpoint_slice("x", endpoint("10.1.0.1"), of="a"))
    assert tracker.dirty == ("default/a",)
    assert tracker.sync(table) == 1
    assert table.rules_of("default/b") is other
    assert table.changes == 3


def test_a_node_s_zone_changes_all() -> None:
    """Once; the same zone again changes nothing."""
    tracker, table = ServiceTracker("n1"), ServiceTable()
    tracker.set_service(service("a"))
    tracker.sync(table)
    tracker.set_zone("z")
    assert tracker.sync(table) == 1
    tracker.set_zone("z")
    assert tracker.sync(table) == 0
