"""What unix, TCP and TLS transports have in common: delivery, reconnection, bounds, closing."""

from pathlib import Path
from typing import NoReturn

import attrs
import pytest
import trio  # noqa: TID251 - the live transports run on trio

from kactors.transport.base import Transport
from kactors.transport.errors import EndpointError, InvalidEnvelopeError
from tests.transport.envelopes import envelope
from tests.transport.stations import KINDS, QUICK, Station, descriptors, eventually, in_trio, place

pytestmark = [pytest.mark.live, pytest.mark.parametrize("kind", KINDS)]


def accounted(station: Station) -> int:
    """Return how many envelopes a station knows the fate of, or still holds."""
    counts = station.transport.statistics()
    dropped = sum(count for what, count in counts.items() if what.startswith("dropped: "))
    return counts["sent"] + counts["pending"] + dropped


@in_trio
async def test_envelopes_arrive_once_and_in_order(kind: str, tmp_path: Path) -> None:
    """Over one connection nothing is lost, doubled or overtaken, in neither direction."""
    async with place(kind, tmp_path) as here:
        a, b = await here.pair()
        there = [envelope("a", "b", number, bytes(number)) for number in range(1000)]
        back = [envelope("b", "a", number) for number in range(500)]

        for each in there:
            a.transport.send(each)
        for each in back:
            b.transport.send(each)
        await b.wait_received(1000)
        await a.wait_received(500)

        assert b.received == there
        assert a.received == back
        assert (a.count("sent"), b.count("received"), a.count("pending")) == (1000, 1000, 0)
        assert (a.count("dialled"), a.count("accepted"), a.count("open")) == (1, 1, 2)


@in_trio
async def test_envelopes_arrive_whole(kind: str, tmp_path: Path) -> None:
    """Megabytes, with small ones between them, arrive as they were sent."""
    async with place(kind, tmp_path) as here:
        a, b = await here.pair()
        sizes = [10, 3_000_000, 0, 5_000_000, 70_000, 1]
        sent = [envelope("a", "b", n, bytes([n]) * size) for n, size in enumerate(sizes)]

        for each in sent:
            a.transport.send(each)
        await b.wait_received(len(sent))

        assert b.received == sent


@in_trio
async def test_a_single_envelope_leaves_in_the_call_that_sends_it(
    kind: str, tmp_path: Path
) -> None:
    """On an idle connection `send` has handed the frame to the kernel when it returns."""
    async with place(kind, tmp_path) as here:
        a, b = await here.pair()
        a.transport.send(envelope("a", "b"))
        await b.wait_received(1)

        a.transport.send(envelope("a", "b"))

        assert (a.count("sent"), a.count("pending")) == (2, 0)


@in_trio
async def test_a_host_may_send_to_itself(kind: str, tmp_path: Path) -> None:
    """A host whose address book lists itself reaches itself over its own listener."""
    async with place(kind, tmp_path) as here:
        a = await here.open("a")
        a.transport.set_peer("a", a.endpoint)

        a.transport.send(envelope("a", "a", 7))
        await a.wait_received(1)

        assert a.received == [envelope("a", "a", 7)]


@in_trio
async def test_what_was_sent_before_the_start_arrives_after_it(kind: str, tmp_path: Path) -> None:
    """A transport may be given envelopes before it has started."""
    async with place(kind, tmp_path) as here:
        b = await here.open("b")
        a = here.make("a", peers={"b": b.endpoint})

        a.transport.send(envelope("a", "b"))
        assert a.count("pending") == 1
        await a.transport.start(a.received.append, here.nursery)

        await b.wait_received(1)


@in_trio
async def test_an_unknown_host_is_counted(kind: str, tmp_path: Path) -> None:
    """An envelope for a host that nobody has heard of is dropped with that reason."""
    async with place(kind, tmp_path) as here:
        a = await here.open("a")

        a.transport.send(envelope("a", "nowhere"))

        assert a.transport.statistics() == {
            "sent": 0,
            "received": 0,
            "open": 0,
            "pending": 0,
            "dropped: no such host": 1,
        }


@in_trio
async def test_a_frame_too_large_is_not_even_sent(kind: str, tmp_path: Path) -> None:
    """The sender drops what the receiver would refuse, and the connection lives on."""
    options = attrs.evolve(QUICK, frame_bytes_max=1000)
    async with place(kind, tmp_path) as here:
        a, b = await here.pair(options=options)

        a.transport.send(envelope("a", "b", payload=bytes(1000)))
        a.transport.send(envelope("a", "b", payload=bytes(900)))
        await b.wait_received(1)

        assert a.count("dropped: frame too large") == 1
        assert len(b.received[0].payload) == 900


@in_trio
async def test_a_bad_envelope_is_its_callers_fault(kind: str, tmp_path: Path) -> None:
    """What no peer would accept raises, where the bug is."""
    async with place(kind, tmp_path) as here:
        a, _ = await here.pair()

        with pytest.raises(InvalidEnvelopeError, match="number is 0 to"):
            a.transport.send(envelope("a", "b", number=-1))
        with pytest.raises(InvalidEnvelopeError, match="'a' cannot send for 'c'"):
            a.transport.send(envelope("c", "b"))


@in_trio
async def test_a_full_queue_drops_and_counts(kind: str, tmp_path: Path) -> None:
    """For a peer that is not there, no more than the bound is kept; the oldest are."""
    options = attrs.evolve(QUICK, queue_frames_max=3)
    async with place(kind, tmp_path) as here:
        b = await here.open("b")
        await b.transport.aclose()
        a = await here.open("a", options=options, peers={"b": b.endpoint})

        for number in range(5):
            a.transport.send(envelope("a", "b", number))
        assert (a.count("dropped: queue full"), a.count("pending")) == (2, 3)
        again = await here.open("b", listen=b.endpoint)
        await again.wait_received(3)

        assert [each.number for each in again.received] == [0, 1, 2]


@in_trio
async def test_a_peer_that_comes_back_is_reached_again(kind: str, tmp_path: Path) -> None:
    """After a restart of the listener, what is sent arrives without any doing of ours."""
    async with place(kind, tmp_path) as here:
        a, b = await here.pair()
        a.transport.send(envelope("a", "b", 1))
        await b.wait_received(1)

        await b.transport.aclose()
        await eventually(lambda: a.count("open") == 0, a.transport.statistics)
        a.transport.send(envelope("a", "b", 2))
        again = await here.open("b", listen=b.endpoint)
        await again.wait_received(1)

        assert again.received == [envelope("a", "b", 2)]
        assert a.count("dialled") == 2
        assert a.count("closed: end of stream") + a.count("closed: reset") == 1


@in_trio
async def test_an_unreachable_peer_costs_what_waits_in_the_end(kind: str, tmp_path: Path) -> None:
    """After the time of patience, envelopes are given up, so that new ones find room."""
    options = attrs.evolve(QUICK, patience_seconds=0.02)
    async with place(kind, tmp_path) as here:
        b = await here.open("b")
        await b.transport.aclose()
        a = await here.open("a", options=options, peers={"b": b.endpoint})

        for number in range(10):
            a.transport.send(envelope("a", "b", number))
        await a.wait_counted("dropped: unreachable", 10)

        assert a.count("pending") == 0
        assert a.count("failed: unreachable") >= 2


@in_trio
async def test_another_host_at_a_peers_endpoint(kind: str, tmp_path: Path) -> None:
    """An address book that is wrong is found out before anything is sent, on either side."""
    async with place(kind, tmp_path) as here:
        c = await here.open("c")
        a = await here.open("a", peers={"b": c.endpoint})

        a.transport.send(envelope("a", "b"))
        await a.wait_counted("failed: wrong host")

        assert c.received == []
        assert "correct the address book" in a.transport.endings()[0].text


@in_trio
async def test_a_place_that_never_answers(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Connecting is given up after its time, as where packets vanish."""

    async def vanish(_endpoint: str) -> NoReturn:
        await trio.sleep_forever()
        raise AssertionError("nothing wakes it")

    options = attrs.evolve(QUICK, handshake_seconds=0.01)
    async with place(kind, tmp_path) as here:
        a = await here.open("a", options=options, peers={"b": here.listen_at("b")})
        monkeypatch.setattr(a.transport, "_connect", vanish)

        a.transport.send(envelope("a", "b"))
        await a.wait_counted("failed: unreachable", 2)

        assert "nobody answered" in a.transport.endings()[0].text


@in_trio
async def test_a_peer_can_move(kind: str, tmp_path: Path) -> None:
    """Once the address book says so, envelopes go to the new endpoint."""
    async with place(kind, tmp_path) as here:
        a, b = await here.pair()
        a.transport.send(envelope("a", "b", 1))
        await b.wait_received(1)
        other = here.listen_at("b-moved")
        moved = await here.open("b", listen=other)

        a.transport.set_peer("b", moved.endpoint)
        a.transport.send(envelope("a", "b", 2))
        await moved.wait_received(1)

        assert [each.number for each in b.received] == [1]
        assert a.count("closed: endpoint changed") == 1


@in_trio
async def test_a_peer_can_be_moved_while_it_is_out_of_reach(kind: str, tmp_path: Path) -> None:
    """A new endpoint is dialled at once, whatever pause the old one had earned."""
    options = attrs.evolve(QUICK, backoff_seconds=1000.0, backoff_seconds_max=1000.0)
    async with place(kind, tmp_path) as here:
        gone = await here.open("b")
        await gone.transport.aclose()
        a = await here.open("a", options=options, peers={"b": gone.endpoint})
        a.transport.send(envelope("a", "b"))
        await a.wait_counted("failed: unreachable")

        b = await here.open("b", listen=here.listen_at("b-moved"))
        a.transport.set_peer("b", b.endpoint)

        await b.wait_received(1)


@in_trio
async def test_a_peer_can_be_struck_out(kind: str, tmp_path: Path) -> None:
    """A host struck out of the address book is not known any more; its connection ends."""
    async with place(kind, tmp_path) as here:
        a, b = await here.pair()
        a.transport.send(envelope("a", "b"))
        await b.wait_received(1)

        a.transport.set_peer("b", None)
        a.transport.send(envelope("a", "b"))
        await a.wait_counted("closed: endpoint changed")

        assert a.count("dropped: no such host") == 1
        assert accounted(a) == 2


@in_trio
async def test_striking_out_a_stranger_is_nothing(kind: str, tmp_path: Path) -> None:
    """A host that is not in the address book can be struck out of it."""
    async with place(kind, tmp_path) as here:
        a = await here.open("a")

        a.transport.set_peer("b", None)

        assert a.count("dropped: no such host") == 0


@in_trio
async def test_a_guest_is_answered_over_its_own_connection(kind: str, tmp_path: Path) -> None:
    """A host that listens nowhere dials, and is answered over that connection."""
    async with place(kind, tmp_path) as here:
        server = await here.open("server")
        client = await here.open("client", listen=None, peers={"server": server.endpoint})
        assert client.transport.endpoint is None

        client.transport.send(envelope("client", "server", 1))
        await server.wait_received(1)
        server.transport.send(envelope("server", "client", 2))
        await client.wait_received(1)

        assert client.received == [envelope("server", "client", 2)]
        assert server.count("dialled") == 0


@in_trio
async def test_a_guest_that_left_is_unknown(kind: str, tmp_path: Path) -> None:
    """Without its connection there is no way to a guest."""
    async with place(kind, tmp_path) as here:
        server = await here.open("server")
        client = await here.open("client", listen=None, peers={"server": server.endpoint})
        client.transport.send(envelope("client", "server"))
        await server.wait_received(1)

        await client.transport.aclose(drain_seconds=5)
        await server.wait_counted("closed: goodbye")
        server.transport.send(envelope("server", "client"))

        assert server.count("dropped: no such host") == 1


@in_trio
async def test_the_newest_of_a_guests_connections_counts(kind: str, tmp_path: Path) -> None:
    """A guest that came twice is answered over the newer one, then over the one that is left."""
    async with place(kind, tmp_path) as here:
        server = await here.open("server")
        book = {"server": server.endpoint}
        older = await here.open("client", listen=None, peers=book)
        newer = await here.open("client", listen=None, peers=book)
        for number, client in enumerate((older, newer), start=1):
            client.transport.send(envelope("client", "server"))
            await server.wait_received(number)

        server.transport.send(envelope("server", "client", 1))
        await newer.wait_received(1)
        await newer.transport.aclose()
        await eventually(lambda: server.count("open") == 1, server.transport.statistics)
        server.transport.send(envelope("server", "client", 2))
        await older.wait_received(1)

        assert [each.number for each in older.received] == [2]


@in_trio
async def test_a_guest_that_gets_an_endpoint_is_dialled(kind: str, tmp_path: Path) -> None:
    """The address book goes before the connection by which a host came, and after it again."""
    async with place(kind, tmp_path) as here:
        a = await here.open("a")
        b = await here.open("b", peers={"a": a.endpoint})
        b.transport.send(envelope("b", "a"))
        await a.wait_received(1)

        a.transport.set_peer("b", b.endpoint)
        a.transport.send(envelope("a", "b", 1))
        await b.wait_received(1)
        assert a.count("dialled") == 1
        a.transport.set_peer("b", None)
        a.transport.send(envelope("a", "b", 2))
        await b.wait_received(2)

        assert a.count("dialled") == 1


@in_trio
async def test_draining_lets_everything_leave(kind: str, tmp_path: Path) -> None:
    """What was queued when a transport closes arrives if there is time, and ends in good order."""
    async with place(kind, tmp_path) as here:
        a, b = await here.pair()
        sent = [envelope("a", "b", number, bytes(10_000)) for number in range(1000)]

        for each in sent:
            a.transport.send(each)
        await a.transport.aclose(drain_seconds=20)

        assert (a.count("sent"), a.count("pending")) == (1000, 0)
        await b.wait_received(1000)
        assert b.received == sent
        assert (a.count("closed: goodbye"), b.count("closed: goodbye")) == (1, 1)


@in_trio
async def test_both_sides_may_drain_at_once(kind: str, tmp_path: Path) -> None:
    """Two transports that close at the same time do not wait for each other for ever."""
    async with place(kind, tmp_path) as here:
        a, b = await here.pair()
        for number in range(100):
            a.transport.send(envelope("a", "b", number))
            b.transport.send(envelope("b", "a", number))
        await a.wait_received(1)
        await b.wait_received(1)

        with trio.fail_after(10):
            async with trio.open_nursery() as nursery:
                for station in (a, b):
                    nursery.start_soon(
                        lambda each: each.transport.aclose(drain_seconds=60), station
                    )

        assert (a.count("open"), b.count("open")) == (0, 0)


@in_trio
async def test_draining_ends_when_its_time_is_up(kind: str, tmp_path: Path) -> None:
    """A peer that is not there keeps a transport from closing no longer than it was told."""
    async with place(kind, tmp_path) as here:
        b = await here.open("b")
        await b.transport.aclose()
        a = await here.open("a", peers={"b": b.endpoint})
        a.transport.send(envelope("a", "b"))

        with trio.fail_after(10):
            await a.transport.aclose(drain_seconds=0.02)

        assert a.count("dropped: closed") == 1


@in_trio
async def test_draining_does_not_wait_for_what_was_given_up(kind: str, tmp_path: Path) -> None:
    """When patience with a peer ends, draining has nothing to wait for any more."""
    options = attrs.evolve(QUICK, patience_seconds=0.02)
    async with place(kind, tmp_path) as here:
        b = await here.open("b")
        await b.transport.aclose()
        a = await here.open("a", peers={"b": b.endpoint}, options=options)
        a.transport.send(envelope("a", "b"))

        with trio.fail_after(10):
            await a.transport.aclose(drain_seconds=60)

        assert a.count("dropped: unreachable") == 1


@in_trio
async def test_closing_without_draining_accounts_for_everything(kind: str, tmp_path: Path) -> None:
    """Every envelope handed over was sent or is counted as dropped."""
    async with place(kind, tmp_path) as here:
        a, b = await here.pair()
        for number in range(200):
            a.transport.send(envelope("a", "b", number, bytes(100_000)))
        await b.wait_received(1)

        await a.transport.aclose()

        assert accounted(a) == 200
        assert (a.count("pending"), a.count("open")) == (0, 0)


@in_trio
async def test_a_closed_transport_drops(kind: str, tmp_path: Path) -> None:
    """After closing, envelopes are dropped and nobody can be added."""
    async with place(kind, tmp_path) as here:
        a, b = await here.pair()
        await a.transport.aclose()

        a.transport.send(envelope("a", "b"))
        a.transport.set_peer("c", b.endpoint)
        a.transport.send(envelope("a", "c"))
        await a.transport.aclose()

        assert a.count("dropped: closed") == 2


@in_trio
async def test_closing_what_never_started(kind: str, tmp_path: Path) -> None:
    """A transport that was never started closes, and drops what it was given."""
    async with place(kind, tmp_path) as here:
        a = here.make("a", peers={"b": here.listen_at("b")})
        a.transport.send(envelope("a", "b"))

        await a.transport.aclose(drain_seconds=1)

        assert a.count("dropped: closed") == 1


@in_trio
async def test_closing_right_after_the_start(kind: str, tmp_path: Path) -> None:
    """A transport whose tasks have not run yet closes as well."""
    async with place(kind, tmp_path) as here:
        a = await here.open("a")

        await a.transport.aclose()

        with pytest.raises(OSError, match=r"refused|No such file|all attempts"):
            await here.make("b").transport._connect(a.endpoint)


@in_trio
async def test_nothing_outlives_the_nursery(kind: str, tmp_path: Path) -> None:
    """Cancelling the caller's nursery ends tasks, connections and descriptors."""
    before = descriptors()
    async with place(kind, tmp_path) as here:
        a, b = await here.pair()
        a.transport.send(envelope("a", "b"))
        await b.wait_received(1)

        here.nursery.cancel_scope.cancel()

    assert descriptors() <= before
    assert (a.count("open"), b.count("open")) == (0, 0)
    assert a.count("closed: closed") == 1
    a.transport.send(envelope("a", "b"))
    assert a.count("dropped: closed") == 1


@in_trio
async def test_two_cannot_listen_at_one_place(kind: str, tmp_path: Path) -> None:
    """The second one to start is told what is wrong and what to do."""
    async with place(kind, tmp_path) as here:
        a = await here.open("a")
        b = here.make("b", listen=a.endpoint)

        with pytest.raises(EndpointError, match=r"cannot listen at .* choose another"):
            await b.transport.start(b.received.append, here.nursery)


@in_trio
async def test_it_is_a_transport(kind: str, tmp_path: Path) -> None:
    """The live transports have the face that actors know."""
    async with place(kind, tmp_path) as here:
        face: Transport = here.make("a").transport

        assert face.statistics()["sent"] == 0
