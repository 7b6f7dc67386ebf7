"""What is known of other hosts' lives."""

from kactors.actors.peers import Peers
from kactors.runtime import CancelScope, cancel_scope, sim


def test_only_the_latest_life_of_a_host_is_kept() -> None:
    """An earlier one has no asker left: nothing is found for it."""
    told: list[tuple[str, int]] = []
    peers = Peers(lambda host, incarnation: told.append((host, incarnation)))

    first = peers.find("a", 1)
    other = peers.find("b", 7)
    second = peers.find("a", 2)

    assert first is not None
    assert other is not None
    assert second is not None
    assert first is not second
    assert peers.find("a", 1) is None
    assert peers.find("a", 2) is second
    assert peers.find("b", 7) is other
    assert told == [("a", 1), ("b", 7), ("a", 2)]
    assert len(peers) == 2


def test_a_new_life_cancels_the_work_for_the_one_before() -> None:
    """Of that host, and of no other."""

    async def main() -> tuple[CancelScope, CancelScope]:
        peers = Peers(lambda *_: None)
        mine, others = cancel_scope(), cancel_scope()
        for host, scope in (("a", mine), ("b", others)):
            peer = peers.find(host, 1)
            assert peer is not None
            peer.serving[1] = scope
        peers.find("a", 2)
        return mine, others

    mine, others = sim.run(main)

    assert mine.cancel_called
    assert not others.cancel_called
