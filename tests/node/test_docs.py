"""The page about nodes keeps what it says."""

import re
from pathlib import Path

from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser

from kactors.node.runtime.behaviour import KEYS

PAGE = Path(__file__).parents[2] / "docs" / "node.md"


def test_every_block_of_the_page_runs() -> None:
    """In order, in one namespace."""
    document = Sybil(parsers=[PythonCodeBlockParser()]).parse(PAGE)
    examples = list(document.examples())
    assert len(examples) >= 4
    for example in examples:
        example.evaluate()


def test_the_page_has_every_key_of_behaviour() -> None:
    """With the words of the code."""
    rows = re.findall(r"^\| `([a-z-]+)` \| (.*?) \| (.*) \|$", PAGE.read_text(), re.MULTILINE)
    assert [(key, says) for key, _, says in rows] == [
        (key, says) for key, (_, says) in KEYS.items()
    ]
