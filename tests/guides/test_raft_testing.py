"""The guide to testing one's own Raft does what it says."""

import re
from typing import Any

from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser

from tests.guides.programs import GUIDES, load

GUIDE = GUIDES / "raft_testing.md"


def test_every_block_runs_and_prints_what_is_shown(capsys: Any) -> None:
    """In order, each after those before it; the failure it shows is the one it prints."""
    load("minimal_raft")
    document = Sybil(parsers=[PythonCodeBlockParser()]).parse(GUIDE)
    examples = list(document.examples())

    for example in examples:
        example.evaluate()

    assert len(examples) == 6
    printed = capsys.readouterr().out.splitlines()
    block = re.search(r"```text\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    assert block is not None
    shown = [line for line in block[1].splitlines() if line.strip() != "..."]
    places = [printed.index(line) for line in shown]
    assert len(shown) > 15
    assert places == sorted(places)
