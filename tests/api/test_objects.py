"""Reading, copying and changing objects."""

from kactors.api.objects import deep_copy, field, put, replaced, without

POD = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c"}], "x": None}}


def test_field() -> None:
    """A missing part of the path, and null, give the default."""
    assert field(POD, "metadata", "labels", "a") == "b"
    assert field(POD, "metadata", "name", default="?") == "?"
    assert field(POD, "spec", "x", default=1) == 1
    assert field(POD, "spec", "containers", "name") is None


def test_deep_copy() -> None:
    """A copy is equal, and shares nothing that can be changed."""
    copied = deep_copy(POD)
    assert copied == POD
    copied["spec"]["containers"][0]["name"] = "d"
    assert POD["spec"] == {"containers": [{"name": "c"}], "x": None}
    assert deep_copy([1, [2]]) == [1, [2]]
    assert deep_copy("a") == "a"


def test_put() -> None:
    """The dicts on the way are made."""
    obj = {"status": None}
    put(obj, "Running", "status", "phase")
    assert obj == {"status": {"phase": "Running"}}


def test_replaced() -> None:
    """Only what is on the path is copied."""
    changed = replaced(POD, "z", "metadata", "labels", "a")
    assert changed["metadata"] == {"labels": {"a": "z"}}
    assert changed["spec"] is POD["spec"]
    assert POD["metadata"] == {"labels": {"a": "b"}}
    assert replaced({}, 1, "a", "b") == {"a": {"b": 1}}


def test_without() -> None:
    """What is not there leaves the object as it is."""
    assert without(POD, "metadata", "labels") == {"metadata": {}, "spec": POD["spec"]}
    assert without(POD, "metadata", "name") is POD
    assert without(POD, "nothing", "name") is POD
    assert without(POD, "spec", "containers", "name") is POD
