"""The scale of objects that have replicas."""

from kactors.api.scale import scale_of, set_scale, validate_scale
from tests.api.kinds.objects import created


def test_scale_of_a_deployment() -> None:
    """It has the object's identity, its replicas, and its selector as text."""
    obj = created("Deployment", ("spec.selector.matchExpressions", [
        {"key": "app", "operator": "NotIn", "values": ["x", "y"]}]))  # fmt: skip
    obj["status"] = {"replicas": 3}
    assert scale_of(obj) == {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": {
            "name": "x", "namespace": "ns", "uid": "u-1",
            "creationTimestamp": "1970-01-01T00:00:00Z",
        },
        "spec": {"replicas": 1},
        "status": {"replicas": 3, "selector": "app=web,app notin (x,y)"},
    }  # fmt: skip


def test_setting_the_scale() -> None:
    """Zero need not be said."""
    obj = created("ReplicaSet")
    set_scale(obj, {"spec": {"replicas": 5}})
    assert obj["spec"]["replicas"] == 5
    set_scale(obj, {"spec": {}})
    assert obj["spec"]["replicas"] == 0


def test_validation() -> None:
    """Replicas cannot be negative."""
    assert validate_scale({"spec": {"replicas": 0}}) == []
    (error,) = validate_scale({"spec": {"replicas": -1}})
    assert str(error) == "spec.replicas: Invalid value: -1: must be greater than or equal to 0"
