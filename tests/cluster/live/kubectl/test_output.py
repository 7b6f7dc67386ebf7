"""Objects as text."""

import json

import yaml
from hypothesis import given
from hypothesis import strategies as st

from kactors.api.objects import Object
from kactors.api.registry import REGISTRY
from kactors.cluster.live.kubectl.output import Form, Printer, document

MAPS = REGISTRY.by_name("configmaps")
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


def config_map(name: str, namespace: str = "default") -> Object:
    """Return an empty ConfigMap."""
    return {"metadata": {"name": name, "namespace": namespace}}


def test_columns_are_as_wide_as_what_stands_in_them() -> None:
    """With three spaces between them, and none at the end."""
    assert Printer(MAPS).lines([config_map("a"), config_map("longer")], 0) == [
        "NAME     DATA   AGE",
        "a        0      <unknown>",
        "longer   0      <unknown>",
    ]


def test_later_lines_stay_in_their_columns() -> None:
    """The heading comes once."""
    printer = Printer(MAPS)
    printer.lines([config_map("longer")], 0)
    assert printer.lines([config_map("a")], 0) == ["a        0      <unknown>"]


def test_namespaces_and_kinds() -> None:
    """Are shown where objects of several are."""
    printer = Printer(MAPS, namespaces=True, prefix=True)
    assert printer.lines([config_map("a", "mine")], 0) == [
        "NAMESPACE   NAME          DATA   AGE",
        "mine        configmap/a   0      <unknown>",
    ]


@given(VALUES)
def test_documents_can_be_read(value: object) -> None:
    """What is written is what others read, in both forms."""
    assert json.loads(document(value, Form.JSON)) == value
    assert yaml.safe_load(document(value, Form.YAML)) == value


def test_yaml_has_no_anchors() -> None:
    """What stands there twice is written twice."""
    same = {"a": 1}
    assert "&" not in document({"x": same, "y": same}, Form.YAML)
