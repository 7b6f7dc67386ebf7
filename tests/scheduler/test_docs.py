"""The chapter on the scheduler does what it says."""

from pathlib import Path

from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser

CHAPTER = Path(__file__).parents[2] / "docs" / "scheduler.md"


def test_every_block_of_the_chapter_runs() -> None:
    """In order, each after those before it; what they claim they assert."""
    document = Sybil(parsers=[PythonCodeBlockParser()]).parse(CHAPTER)
    examples = list(document.examples())

    for example in examples:
        example.evaluate()

    assert len(examples) == 3
    assert all("assert" in example.parsed for example in examples)
