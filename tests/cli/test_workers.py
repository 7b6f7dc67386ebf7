"""Jobs in processes: results, exceptions, deaths, and the end."""

import os
import signal
import time  # noqa: TID251 - looks whether real processes are gone
from contextlib import closing
from pathlib import Path

import pytest

from kactors.cli.workers import Done, in_order, run_jobs

pytestmark = pytest.mark.live


def double(number: int) -> int:
    """Do what is asked."""
    return 2 * number


def fail(text: str) -> None:
    """Raise what is asked."""
    raise ValueError(text)


def die(how: int) -> None:
    """End this process: by a signal, or with a status if it is negative."""
    if how < 0:
        os._exit(-how)
    os.kill(os.getpid(), how)


def linger(directory: str) -> None:
    """Leave the number of this process in a file, and stay."""
    Path(directory, "pid").write_text(str(os.getpid()))
    signal.pause()


def linger_or_double(directory: str, number: int) -> int:
    """Stay, or wait until another stays and do what is asked."""
    if number < 0:
        linger(directory)
    while not Path(directory, "pid").exists():
        time.sleep(0.01)
    return 2 * number


def test_every_job_is_done() -> None:
    """More jobs than processes; each result says whose it is."""
    outcomes = list(run_jobs(double, [(number,) for number in range(5)], 2))

    assert sorted(outcomes, key=lambda each: each.number) == [
        Done(number, 2 * number) for number in range(5)
    ]


def test_no_jobs_are_done_at_once() -> None:
    """Nothing in, nothing out."""
    assert list(run_jobs(double, [], 2)) == []


def test_an_exception_comes_with_its_place() -> None:
    """The caller gets what was raised, and reads where."""
    with pytest.raises(ValueError, match="on purpose") as caught:
        list(run_jobs(fail, [("on purpose",)], 1))

    assert "in fail" in caught.value.__notes__[0]


@pytest.mark.parametrize(
    ("how", "death"),
    [
        (signal.SIGKILL, "was killed by SIGKILL"),
        (signal.SIGRTMIN + 1, f"was killed by signal {signal.SIGRTMIN + 1}"),
        (-3, "ended with status 3"),
    ],
)
def test_a_death_concerns_one_job(how: int, death: str) -> None:
    """Whatever ends a worker, the others go on."""
    dead, alive = run_jobs(die, [(int(how),), (0,)], 1)

    assert dead == Done(0, None, death)
    assert alive == Done(1, None)


def test_who_stops_asking_leaves_nobody_behind(tmp_path: Path) -> None:
    """Closing the iterator ends the workers that still run."""
    jobs = [(str(tmp_path), -1), (str(tmp_path), 4)]
    with closing(run_jobs(linger_or_double, jobs, 2)) as outcomes:
        first = next(outcomes)

    assert first == Done(1, 8)
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_order_is_restored() -> None:
    """What comes too early waits; what is complete does not."""
    outcomes = [Done(number, number) for number in (2, 0, 1, 4, 3)]

    assert [outcome.number for outcome in in_order(outcomes)] == [0, 1, 2, 3, 4]


def test_what_follows_a_gap_waits() -> None:
    """An outcome is not handed out before those of all earlier jobs."""
    assert list(in_order([Done(1, "b"), Done(2, "c")])) == []
