"""Processes that are kept running: pauses, and why they ended, in words."""

from pathlib import Path

import pytest
import trio  # noqa: TID251 - processes are live

from kactors.cluster.live.child import Child, describe, pause_after
from kactors.cluster.live.data_directory import DataDirectory
from kactors.cluster.live.events import ClusterEvent, ProcessEnded, ProcessStarted


def test_pauses_double() -> None:
    """From half a second to half a minute."""
    assert [pause_after(deaths) for deaths in (1, 2, 3, 7, 100)] == [0.5, 1, 2, 30, 30]


@pytest.mark.parametrize(
    ("status", "said", "words"),
    [
        (0, "stopped", "exit status 0"),
        (-9, "", "killed by SIGKILL"),
        (1, "before\nended: the disk is full\n", "exit status 1: ended: the disk is full"),
        (1, "", "exit status 1: it has said nothing"),
    ],
)
def test_ends_in_words(tmp_path: Path, status: int, said: str, words: str) -> None:
    """A failure with the last thing that the process has said."""
    log = tmp_path / "log"
    log.write_text(said)
    assert describe(status, log) == words


@pytest.mark.live
def test_what_cannot_run_is_tried_again_until_it_is_stopped(tmp_path: Path) -> None:
    """A process of a cluster that is not there ends at once, says why, and is started again."""
    events: list[ClusterEvent] = []
    child = Child(DataDirectory(tmp_path), "m1", events.append)

    async def story() -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(child.run)
            with trio.fail_after(60):
                while sum(isinstance(event, ProcessStarted) for event in events) < 2:
                    await trio.sleep(0.02)
            await child.stop(30)

    trio.run(story)

    first, again = events[1], events[2]
    assert isinstance(first, ProcessEnded)
    assert "there is no cluster" in first.why
    assert first.again_s == 0.5
    assert isinstance(again, ProcessStarted)
    assert again.starts == 2
    assert isinstance(events[-1], ProcessEnded)
    assert events[-1].again_s is None
