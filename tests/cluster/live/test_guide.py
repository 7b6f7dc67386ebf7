"""The guide to live clusters keeps what it says."""

import re
from pathlib import Path

import attrs
from click.testing import CliRunner
from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser

from kactors.cli.main import main
from kactors.cli.up_display import EVENT_NAMES

PAGE = Path(__file__).parents[3] / "docs" / "guides" / "live_cluster.md"


def test_every_block_of_the_page_runs() -> None:
    """In order, in one namespace."""
    examples = list(Sybil(parsers=[PythonCodeBlockParser()]).parse(PAGE).examples())
    assert len(examples) == 2
    for example in examples:
        example.evaluate()


def test_every_command_of_the_page_is_there() -> None:
    """With each of its options."""
    commands = re.findall(r"^\$ kactors (\S+)(.*)$", PAGE.read_text(), re.MULTILINE)
    assert {name for name, _ in commands} == {"apply", "delete", "get", "up"}
    for name, rest in commands:
        told = CliRunner().invoke(main, [name, "--help"]).output
        for option in re.findall(r"(?<= )--?[a-zA-Z-]+", rest):
            assert re.search(rf"(^|[\s,]){option}\b", told), f"{name} has no option {option}"


def test_every_event_of_up_is_on_the_page() -> None:
    """With the names of its fields."""
    rows = re.findall(r"^\| `([a-z]+)` \| (.*?) \|", PAGE.read_text(), re.MULTILINE)
    fields = {name: re.findall(r"`(\w+)`", written) for name, written in rows}
    assert fields == {
        name: [field.name for field in attrs.fields(event)] for event, name in EVENT_NAMES.items()
    }
