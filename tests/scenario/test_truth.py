"""The truth is what etcd's members apply, learnt without a message."""

import pytest

from kactors.cluster.simulated import SimulatedCluster
from kactors.cluster.topology import Topology
from kactors.etcd.member import EtcdMember
from kactors.scenario.truth import Change, Truth


def config_map(name: str, value: str) -> dict[str, object]:
    """Return a ConfigMap with one value."""
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": "default"},
        "data": {"value": value},
    }


@pytest.fixture(scope="module")
def story() -> tuple[Truth, list[Change], str, str]:
    """Return what was seen of three writes and a crash, with the digests with and without eyes."""
    changes: list[Change] = []

    def run(*, observed: bool) -> tuple[Truth | None, str]:
        with SimulatedCluster(Topology.of(masters=3, nodes=0), seed=3) as cluster:
            truth = Truth(cluster) if observed else None
            if truth is not None:
                truth.on_change.append(changes.append)
            cluster.wait_until_ready()
            maps = "configmaps"
            cluster.call(lambda c: c.resource(maps).create(config_map("one", "a")))
            update = {"data": {"value": "b"}}
            cluster.call(lambda c: c.resource(maps).patch("one", update, "default"))
            leader = cluster.observer.etcd_leader()
            assert leader is not None
            cluster.world.crash(leader)
            cluster.world.run_for(10)
            cluster.world.hosts[leader].machine.restart()
            cluster.world.run_for(10)
            cluster.call(lambda c: c.resource(maps).delete("one", "default"))
            cluster.call(lambda c: c.resource(maps).create(config_map("two", "c")))
            cluster.world.run_for(5)
            return truth, cluster.world.digest

    truth, seen = run(observed=True)
    _, unseen = run(observed=False)
    assert truth is not None
    return truth, changes, seen, unseen


def test_each_change_is_told_once_and_in_order(
    story: tuple[Truth, list[Change], str, str],
) -> None:
    """Creation, update and deletion of one object, with what was before and after."""
    _, changes, _, _ = story

    mine = [change for change in changes if change.name == "one"]

    values = [change.after and change.after["data"]["value"] for change in mine]
    assert values == ["a", "b", None]
    assert [change.before for change in mine] == [None, *(change.after for change in mine[:-1])]
    revisions = [change.revision for change in changes]
    assert revisions == sorted(revisions)


def test_the_truth_holds_what_is_stored(story: tuple[Truth, list[Change], str, str]) -> None:
    """Present objects are found by resource, namespace and name; others are not."""
    truth, _, _, _ = story

    assert truth.get("configmaps", "default", "one") is None
    two = truth.get("configmaps", "default", "two")
    assert two is not None
    assert two["data"] == {"value": "c"}
    assert ("", "m1") not in truth.objects("nodes")
    assert two in list(truth.in_namespace("configmaps", "default"))
    with pytest.raises(KeyError):
        truth.objects("gadgets")


def test_each_resource_has_the_revision_of_its_latest_change(
    story: tuple[Truth, list[Change], str, str],
) -> None:
    """It is that of the last change that was told of the resource; 0 without any."""
    truth, changes, _, _ = story

    latest = [each.revision for each in changes if each.resource == "configmaps"][-1]

    assert truth.changed("configmaps") == latest
    assert truth.changed("cronjobs") == 0
    with pytest.raises(KeyError):
        truth.changed("gadgets")


def test_members_that_agree_contradict_nobody(
    story: tuple[Truth, list[Change], str, str],
) -> None:
    """A member that replays its log after a crash is compared, and says the same."""
    truth, _, _, _ = story

    assert truth.contradictions == []


def test_looking_changes_nothing(story: tuple[Truth, list[Change], str, str]) -> None:
    """The digest of a run is the same with and without a truth."""
    _, _, seen, unseen = story

    assert seen == unseen


def test_a_member_that_holds_something_else_is_found_out() -> None:
    """Its value of a revision differs from the one that was applied first."""
    with SimulatedCluster(Topology.of(masters=3, nodes=0), seed=3) as cluster:
        truth = Truth(cluster)
        cluster.wait_until_ready()
        members = dict(cluster.observer.of_kind(EtcdMember))
        leader = cluster.observer.etcd_leader()
        assert leader is not None
        other = next(host for host in members if host != leader)
        mvcc = members[other].store.mvcc
        mvcc.put(b"/registry/configmaps/default/planted", b"\x80")
        mvcc.commit()

        cluster.call(lambda c: c.resource("configmaps").create(config_map("one", "a")))
        cluster.world.run_for(5)

    assert truth.contradictions
    assert all("contradicts" in each.text for each in truth.contradictions)
