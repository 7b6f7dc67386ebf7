"""YAML that knows its lines."""

from pathlib import Path

import pytest

from kactors.bench.document import read_document
from kactors.bench.errors import BrokenConfig


def test_every_value_knows_its_line() -> None:
    """A field is on the line of its name, an item on that of its dash's content."""
    document = read_document(Path("f.yaml"), "- a: 1\n  b:\n    c: x\n- a: 2\n")

    first, second = document.items()

    assert (first.line, second.line) == (1, 4)
    found = first.part("b")
    assert found is not None
    assert (found.line, found.text("c")) == (2, "x")


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("a: [1\n", 2, "is no YAML"),
        ("a: 1\na: 2\n", 2, "stands there twice"),
        ("a: !!python/name:os.system ''\n", 1, "is no YAML"),
        ("a: &x\n- *x\n", 1, "contains itself"),
    ],
)
def test_what_is_no_yaml_is_refused_with_its_line(text: str, line: int, says: str) -> None:
    """Syntax errors, doubled fields and tags that make objects are broken configurations."""
    with pytest.raises(BrokenConfig, match=says) as caught:
        read_document(Path("f.yaml"), text)

    assert caught.value.line == line


def test_a_file_that_is_not_there_is_a_broken_configuration(tmp_path: Path) -> None:
    """The error names the file."""
    with pytest.raises(BrokenConfig, match=r"none\.yaml:1: cannot be read"):
        read_document(tmp_path / "none.yaml")


@pytest.mark.parametrize("value", ["true", "-1", "x", "1.5", "[]"])
def test_an_integer_is_an_integer(value: str) -> None:
    """Truth values, negative numbers, text and fractions are refused."""
    document = read_document(Path("f.yaml"), f"x: 1\ncount: {value}\n")

    with pytest.raises(BrokenConfig, match=r"f\.yaml:2: count is"):
        document.integer("count")


def test_unknown_fields_are_refused_where_they_stand() -> None:
    """The error names the fields that there are."""
    document = read_document(Path("f.yaml"), "name: x\nnmae: y\n")

    with pytest.raises(BrokenConfig, match=r"f\.yaml:2: .* 'nmae': use labels, name"):
        document.check_fields("a thing", {"name", "labels"})
