"""The guide to controllers does what it says."""

from pathlib import Path

from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "controllers.md"


def test_every_block_of_the_guide_runs() -> None:
    """In order, each after those before it; what they claim they assert."""
    document = Sybil(parsers=[PythonCodeBlockParser()]).parse(GUIDE)
    examples = list(document.examples())

    for example in examples:
        example.evaluate()

    assert len(examples) == 5
    assert sum("assert" in example.parsed for example in examples) == 3
