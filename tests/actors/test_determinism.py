"""One seed, one run: in this process and in any other. What differs is named."""

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from kactors.evidence.compare import compare_runs, first_difference
from kactors.evidence.digest import Digest, Event
from kactors.wire import encode
from tests.actors.cast import Note
from tests.actors.determinism_program import PLANTED_AT, run

ROOT = Path(__file__).parents[2]
HASH_SEEDS = ("0", "1", "4242")


@cache
def in_another_process(hash_seed: str, *arguments: str) -> Any:
    """Return what the program has printed in an interpreter with this ``PYTHONHASHSEED``."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.actors.determinism_program", *arguments],
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def kept(found: Any) -> list[Event]:
    """Read the events that the program has kept."""
    return [
        Event(time_ns, sequence, tuple(source), tuple(target), bytes.fromhex(payload))
        for time_ns, sequence, source, target, payload in found["kept"]
    ]


@pytest.mark.parametrize("hash_seed", HASH_SEEDS)
def test_another_process_gives_the_same_digest(hash_seed: str) -> None:
    """Although its strings hash differently: thousands of messages, crashes, restarts."""
    digest = Digest(every=500)
    run(7, digest)

    found = in_another_process(hash_seed, "7", "CLEAN")

    assert digest.events > 2000
    assert (found["digest"], found["events"]) == (digest.hexdigest(), digest.events)


def test_another_seed_gives_another_run() -> None:
    """Else the test above would say nothing."""
    digests = [Digest(), Digest()]
    for seed, digest in enumerate(digests):
        run(seed, digest)

    assert digests[0].hexdigest() != digests[1].hexdigest()


def test_two_runs_of_a_process_do_not_differ() -> None:
    """As the comparison says, which would name the first event that does."""
    assert compare_runs(lambda digest: run(3, digest), lambda digest: run(3, digest)) is None


def test_a_set_that_an_actor_iterates_over_is_caught() -> None:
    """The runs agree until it does so; then they do not, and the first event is named."""
    summaries = [in_another_process(hash_seed, "7", "PLANTED") for hash_seed in HASH_SEEDS]
    assert len({found["digest"] for found in summaries}) == len(HASH_SEEDS)

    one, other = summaries[:2]
    same = sum(
        mine == theirs
        for mine, theirs in zip(one["checkpoints"], other["checkpoints"], strict=False)
    )
    window = str(500 * same), str(500 * (same + 1))
    difference = first_difference(
        *(kept(in_another_process(seed, "7", "PLANTED", *window)) for seed in HASH_SEEDS[:2]),
        first=500 * same,
    )

    assert difference is not None
    assert difference.left is not None
    assert difference.right is not None
    assert difference.fields == ("payload",)
    when, _, what = difference.left.partition(" s, sequence ")
    assert float(when) > PLANTED_AT
    assert "/member -> " in what
    assert encode(Note(0))[1:11].hex() in what  # the tag of what was sent in the set's order
    assert len(difference.before) == 3


def test_within_one_process_the_planted_set_is_not_seen() -> None:
    """Which is why the others are needed."""
    digests = [Digest(), Digest()]
    for digest in digests:
        run(7, digest, planted=True)

    assert digests[0].hexdigest() == digests[1].hexdigest()
