"""The transcripts in ``golden``: interactions that one reads rather than asserts.

Rewrite them with ``KACTORS_REWRITE=1 pytest tests/raft/test_golden.py`` and review the
difference as one reviews code.
"""

import os
from pathlib import Path

import pytest

from tests.raft.transcript import replay

_GOLDEN = sorted((Path(__file__).parent / "golden").glob("*.txt"))


def test_there_are_transcripts() -> None:
    """An empty folder would make the next test pass without looking at anything."""
    assert len(_GOLDEN) >= 12


@pytest.mark.parametrize("path", _GOLDEN, ids=lambda path: path.stem)
def test_a_transcript_replays(path: Path) -> None:
    """Every member does today what it did when the transcript was reviewed."""
    text = path.read_text()

    replayed = replay(text)

    if os.environ.get("KACTORS_REWRITE"):
        path.write_text(replayed)
    else:
        assert replayed == text
