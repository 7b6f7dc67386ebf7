"""One seed, one run, also of clients, informers, elections and controllers."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.client.determinism_program import run

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("hash_seed", ["0", "4242"])
def test_another_process_gives_the_same_digest(hash_seed: str) -> None:
    """Although its strings hash differently."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.client.determinism_program", "7"],
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout == run(7)


def test_another_seed_gives_another_run() -> None:
    """Else the test above would say nothing."""
    assert run(8) != run(7)
