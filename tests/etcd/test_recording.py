"""What clients do becomes a history that the checker understands."""

from kactors.checking import Delete, Get, Put, Verdict, check
from kactors.etcd import messages
from kactors.etcd.client import EtcdClient
from kactors.etcd.recording import History, action_of
from tests.etcd.cluster import Cluster


def test_only_single_keys_are_recorded() -> None:
    """Requests that the model does not know are left out."""
    assert action_of(messages.Put(b"k", b"v")) == Put(b"k", b"v")
    assert action_of(messages.Range(b"k")) == Get(b"k")
    assert action_of(messages.DeleteRange(b"k")) == Delete(b"k")
    assert action_of(messages.Range(b"k", b"l")) is None
    assert action_of(messages.Range(b"k", revision=3)) is None
    assert action_of(messages.Compact(3)) is None


def test_a_recorded_history_has_answers_and_revisions() -> None:
    """Calls, returns, results and revisions are noted, and make a linearizable history."""
    history = History()

    async def story(client: EtcdClient) -> None:
        await client.put(b"k", b"v")
        await client.get(b"k")
        await client.delete(b"k")
        await client.get(b"k", serializable=True)

    with Cluster(1) as cluster:
        cluster.wait_for_leader()
        cluster.run(story, history=history, name="me")
    results = [(op.client, op.result, op.revision, op.serializable) for op in history.operations]
    assert results == [
        ("me", None, 2, False),
        ("me", b"v", 2, False),
        ("me", 1, 3, False),
        ("me", None, 3, True),
    ]
    assert all(op.return_ns and op.call_ns < op.return_ns for op in history.operations)
    assert check(history.operations).verdict is Verdict.LINEARIZABLE
