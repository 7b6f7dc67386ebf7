"""The guide to two-phase commit keeps what it says."""

import os
import subprocess
import sys
from unittest.mock import patch

import pytest

from tests.guides.programs import GUIDES, load

guide = load("two_phase_commit")


@pytest.mark.parametrize("seed", range(12))
def test_no_money_is_made_or_lost(seed: int) -> None:
    """Whatever crashes, the banks agree and the sum stays."""
    report, _ = guide.simulate(seed, transfers=40)

    assert report.problems == ()
    assert report.promised > 10


def test_the_coordinator_crashes_after_the_votes() -> None:
    """The storm is no calm: some transfers stay unanswered."""
    report, _ = guide.simulate(7, transfers=40)

    assert report.promised < 40


def test_the_audit_finds_a_decision_that_was_not_durable() -> None:
    """A coordinator that acknowledges before its journal has it loses money under this storm."""

    async def forget(*_: object) -> None:
        return

    with patch.object(guide.Journal, "write", forget):
        found = [guide.simulate(seed, transfers=40)[0].problems for seed in range(4)]

    assert any(found)


def test_other_hash_seeds_give_the_same_digest() -> None:
    """Three interpreters with different string hashes replay one run bit for bit."""
    digests = set()
    for hash_seed in ("0", "1", "4242"):
        done = subprocess.run(
            [sys.executable, str(GUIDES / "two_phase_commit.py"), "--seed", "3"],
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            capture_output=True,
            text=True,
            check=True,
        )
        digests.add(done.stdout.splitlines()[0])

    assert len(digests) == 1
    assert digests.pop().startswith("digest")


@pytest.mark.live
def test_the_same_actors_run_in_processes_over_tls() -> None:
    """A coordinator killed with SIGKILL loses nothing that it has promised."""
    report = guide.live(transfers=25)

    assert report.problems == ()
    assert report.promised > 5
