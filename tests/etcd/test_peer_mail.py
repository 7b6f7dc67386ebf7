"""What goes to other members together, and what is held for a moment."""

from collections.abc import Sequence

from kactors.etcd.peer_mail import HOLD_SECONDS, PeerMail
from kactors.raft.messages import AppendEntries, Entry, Heartbeat, Message
from kactors.runtime import current_time, open_nursery, sim, sleep

NEWS = AppendEntries(3, 7, 2, (), 7)
MORE = AppendEntries(3, 7, 2, (Entry(8, 3, b"x"),), 7)
HEARTBEAT = Heartbeat(3, 7, 1)

Sent = list[tuple[int, list[Message]]]


def mail() -> tuple[PeerMail, Sent]:
    """Mail, and what it has sent."""
    sent: Sent = []

    def send(to: int, messages: Sequence[Message]) -> None:
        sent.append((to, list(messages)))

    return PeerMail(send), sent


def test_what_goes_to_one_member_goes_together() -> None:
    """In its order, and nothing leaves before it is flushed."""

    async def main() -> None:
        post, sent = mail()
        post.put([(2, HEARTBEAT), (3, HEARTBEAT), (2, MORE)])
        assert sent == []

        post.flush()
        post.flush()

        assert sent == [(2, [HEARTBEAT, MORE]), (3, [HEARTBEAT])]

    sim.run(main)


def test_news_of_the_commit_index_are_left_out_where_the_next_append_has_them() -> None:
    """One message each way instead of two."""

    async def main() -> None:
        post, sent = mail()

        post.put([(2, NEWS)])
        post.flush()
        assert sent == []
        post.put([(2, MORE)])
        post.flush()

        assert sent == [(2, [MORE])]

    sim.run(main)


def test_news_leave_before_whatever_does_not_say_the_same() -> None:
    """Another kind of message, a smaller commit index, another place in the log or another term."""
    others: list[Message] = [
        HEARTBEAT,
        AppendEntries(3, 7, 2, MORE.entries, 6),
        AppendEntries(3, 6, 2, MORE.entries, 7),
        AppendEntries(4, 7, 2, MORE.entries, 7),
    ]

    async def main() -> None:
        for other in others:
            post, sent = mail()
            post.put([(2, NEWS), (2, other)])
            post.flush()
            assert sent == [(2, [NEWS, other])]

    sim.run(main)


def test_news_that_come_after_something_else_go_with_it() -> None:
    """They cost no message of their own then."""

    async def main() -> None:
        post, sent = mail()
        post.put([(2, HEARTBEAT), (2, NEWS)])
        post.flush()
        assert sent == [(2, [HEARTBEAT, NEWS])]

    sim.run(main)


def test_news_that_nothing_follows_leave_by_themselves() -> None:
    """After a moment, the latest of them, and to nobody twice."""
    later = AppendEntries(3, 7, 2, (), 8)

    async def main() -> float:
        post, sent = mail()
        async with open_nursery() as nursery:
            nursery.start_soon(post.run)
            post.put([(2, NEWS), (3, NEWS)])
            post.put([(2, later)])
            began = current_time()
            while not sent:
                await sleep(HOLD_SECONDS / 100)
            took = current_time() - began
            await sleep(1.0)
            assert sent == [(2, [later]), (3, [NEWS])]
            nursery.cancel_scope.cancel()
        return took

    assert HOLD_SECONDS * 0.99 < sim.run(main) < HOLD_SECONDS * 1.1


def test_each_news_are_held_for_their_own_time() -> None:
    """Those that were left out do not hurry, nor delay, what comes after them."""

    async def main() -> float:
        post, sent = mail()
        async with open_nursery() as nursery:
            nursery.start_soon(post.run)
            post.put([(2, NEWS)])
            await sleep(HOLD_SECONDS / 2)
            post.put([(2, MORE)])
            post.flush()
            post.put([(2, NEWS)])
            began = current_time()
            while len(sent) < 2:
                await sleep(HOLD_SECONDS / 100)
            took = current_time() - began
            nursery.cancel_scope.cancel()
        return took

    assert HOLD_SECONDS * 0.99 < sim.run(main) < HOLD_SECONDS * 1.1
