"""Manifests: many objects, one after the other; what is none is named with its line."""

import io
from pathlib import Path

import pytest

from kactors.api.meta import name_of, namespace_of
from kactors.cluster.live.kubectl.errors import BadManifest
from kactors.cluster.live.kubectl.manifests import Manifest, read_manifests

MAP = "{apiVersion: v1, kind: ConfigMap, metadata: {name: %s}}"


def read(directory: Path, text: str, namespace: str = "") -> list[Manifest]:
    """Return the objects in a text."""
    file = directory / "file.yaml"
    file.write_text(text)
    return list(read_manifests(str(file), namespace))


def test_many_documents(tmp_path: Path) -> None:
    """Each with the line in which it begins; empty ones hold nothing."""
    found = read(tmp_path, f"---\n{MAP % 'a'}\n---\n---\n# b\n{MAP % 'b'}\n")
    assert [(name_of(each.obj), each.place.rpartition(":")[2]) for each in found] == [
        ("a", "2"),
        ("b", "6"),
    ]
    assert [each.label for each in found] == ["configmap/a", "configmap/b"]


def test_lists(tmp_path: Path) -> None:
    """Their items come one by one."""
    text = f"{{apiVersion: v1, kind: List, items: [{MAP % 'a'}, {MAP % 'b'}]}}"
    assert [name_of(each.obj) for each in read(tmp_path, text)] == ["a", "b"]


def test_json_is_yaml(tmp_path: Path) -> None:
    """As upstream has it."""
    text = '{"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}}'
    assert [each.label for each in read(tmp_path, text)] == ["deployment.apps/web"]


def test_directories_and_standard_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files in the order of their names; others than manifests do not count."""
    (tmp_path / "2.yaml").write_text(MAP % "b")
    (tmp_path / "1.json").write_text(
        '{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}}'
    )
    (tmp_path / "README").write_text("read me")
    assert [name_of(each.obj) for each in read_manifests(str(tmp_path), "")] == ["a", "b"]

    monkeypatch.setattr("sys.stdin", io.StringIO(MAP % "c"))
    (only,) = read_manifests("-", "")
    assert only.place == "standard input:1"


def test_namespaces(tmp_path: Path) -> None:
    """What an object says, else what was asked for, else default; none for kinds without."""
    said = "{apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: mine}}"
    node = "{apiVersion: v1, kind: Node, metadata: {name: a}}"
    for text, asked, expected in (
        (said, "", "mine"),
        (said, "mine", "mine"),
        (MAP % "a", "theirs", "theirs"),
        (MAP % "a", "", "default"),
        (node, "theirs", ""),
    ):
        (found,) = read(tmp_path, text, asked)
        assert namespace_of(found.obj) == expected
    with pytest.raises(BadManifest, match='names the namespace "mine", and "theirs"'):
        read(tmp_path, said, "theirs")


def test_values_are_those_of_json(tmp_path: Path) -> None:
    """What looks like a date is text, and ``null`` is as if nothing had been said."""
    (found,) = read(
        tmp_path,
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, labels: null}\n"
        "data: {day: 2020-01-01, nothing: null}\n",
    )
    assert found.obj["data"] == {"day": "2020-01-01"}
    assert "labels" not in found.obj["metadata"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("\n- 1\n", r"file\.yaml:2: an object is expected"),
        ("a: 1\n", r":1: an object says its apiVersion and its kind"),
        ("apiVersion: v1\nkind: Nothing\n", r':1: there is no kind "Nothing" in version "v1"'),
        ("apiVersion: v1\nkind: Pod\n", r":1: this Pod has no metadata\.name"),
        ("apiVersion: v1\nkind: Pod\nkind: Pod\n", r":3: the key 'kind' stands there twice"),
        ("a: {b: 1\n", r"file\.yaml:2: expected ',' or '}'"),
        ("on: 1\n", r":1: the key True is no text: quote it"),
        ("a: \x00\n", r"file\.yaml: this is no YAML"),
    ],
)
def test_what_is_no_object(tmp_path: Path, text: str, said: str) -> None:
    """The message begins with where it is."""
    with pytest.raises(BadManifest, match=said):
        read(tmp_path, text)


def test_directories_without_manifests(tmp_path: Path) -> None:
    """Are an error: nothing would happen."""
    with pytest.raises(BadManifest, match=r"there is no file \*\.json"):
        list(read_manifests(str(tmp_path), ""))
