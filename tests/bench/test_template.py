"""Objects from templates."""

from pathlib import Path

import pytest

from kactors.bench.errors import BrokenConfig
from kactors.bench.template import FUNCTIONS, read_template
from tests.bench.objects import written

HEAD = "kind: Pod\nmetadata:\n  name: "


def name_of(folder: Path, text: str, index: int, count: int) -> str:
    """Return the name that a template gives an object."""
    found = read_template(written(folder, HEAD + text + "\n")).object(index, count)
    return str(found["metadata"]["name"])


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("p-{{.Index}}", "p-7"),
        ("p-{{ .Count }}", "p-10"),
        ("p-{{DivideInt .Index 2}}-{{Mod .Index 2}}", "p-3-1"),
        ("p-{{DivideFloat 1 4}}", "p-0.25"),
        ("p-{{SubtractInt .Count .Index}}", "p-3"),
    ],
)
def test_places_are_filled_in(tmp_path: Path, text: str, name: str) -> None:
    """Index, count, numbers and the functions of upstream's templates."""
    assert name_of(tmp_path, text, 7, 10) == name


def test_a_template_without_places_makes_the_same_object_each_time(tmp_path: Path) -> None:
    """It is read once."""
    template = read_template(written(tmp_path, HEAD + "x\n"))

    assert template.object(0, 5) is template.object(4, 5)


@pytest.mark.parametrize("text", ["{{.Name}}", "{{Nope 1 2}}", "{{AddInt 1}}", "{{Mod 1 0}}"])
def test_what_is_not_understood_is_refused_before_anything_runs(tmp_path: Path, text: str) -> None:
    """The error names the template's line."""
    file = written(tmp_path, HEAD + text + "\n", "pod.yaml")

    with pytest.raises(BrokenConfig, match=r"pod\.yaml:3: "):
        read_template(file)


@pytest.mark.parametrize("text", ["[]", "kind: 1", "metadata: {}", "kind: Pod\nmetadata: x"])
def test_what_makes_no_object_is_refused(tmp_path: Path, text: str) -> None:
    """An object has a kind, and metadata that are a mapping."""
    with pytest.raises(BrokenConfig, match=r"metadata"):
        read_template(written(tmp_path, text))


def test_all_functions_of_upstream_are_there() -> None:
    """Four operations, each of integers and of floats, and the remainder."""
    assert {name: function(7, 2) for name, function in FUNCTIONS.items()} == {
        "AddFloat": 9, "AddInt": 9, "DivideFloat": 3.5, "DivideInt": 3, "Mod": 1,
        "MultiplyFloat": 14, "MultiplyInt": 14, "SubtractFloat": 5, "SubtractInt": 5,
    }  # fmt: skip
