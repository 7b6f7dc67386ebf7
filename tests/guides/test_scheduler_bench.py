"""The guide to the scheduler's benchmark does what it says."""

from pathlib import Path

from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "scheduler_bench.md"


def test_every_block_of_the_guide_runs() -> None:
    """What they claim they assert."""
    document = Sybil(parsers=[PythonCodeBlockParser()]).parse(GUIDE)
    examples = list(document.examples())

    for example in examples:
        example.evaluate()

    assert len(examples) == 1
    assert all("assert" in example.parsed for example in examples)
