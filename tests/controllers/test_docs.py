"""The manual's page on the controllers says what is so."""

from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser

from tests.guides.programs import ROOT


def test_every_block_of_the_page_runs() -> None:
    """In order, each after those before it; what they claim they assert."""
    document = Sybil(parsers=[PythonCodeBlockParser()]).parse(ROOT / "docs" / "controllers.md")
    examples = list(document.examples())

    for example in examples:
        example.evaluate()

    assert len(examples) == 1
