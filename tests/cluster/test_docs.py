"""The page about clusters keeps what it says."""

import re
from pathlib import Path

from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser

from kactors.cluster.knobs import COMPONENTS

PAGE = Path(__file__).parents[2] / "docs" / "cluster.md"


def test_every_block_of_the_page_runs() -> None:
    """In order, in one namespace."""
    examples = list(Sybil(parsers=[PythonCodeBlockParser()]).parse(PAGE).examples())
    assert len(examples) >= 4
    for example in examples:
        example.evaluate()


def test_the_page_names_every_component_with_knobs() -> None:
    """In the order of the code's table."""
    rows = re.findall(r"^\| `([a-z-]+)` \| `[A-Z]\w+`", PAGE.read_text(), re.MULTILINE)
    assert rows == list(COMPONENTS)
