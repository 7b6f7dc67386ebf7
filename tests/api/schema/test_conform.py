"""What clients send is brought into the form in which it is kept."""

from typing import Any

import pytest

from kactors.api.errors import BadRequest, UnknownKind
from kactors.api.objects import Object
from kactors.api.registry import REGISTRY
from kactors.api.resource import Resource
from kactors.api.schema import conform, definition

POD: Object = {
    "metadata": {"name": "p", "creationTimestamp": None, "labels": {}},
    "spec": {
        "containers": [{"name": "c", "resources": {"limits": {"cpu": "1000m", "memory": 1024}}}],
        "nodeSelector": {},
        "volumes": [{"name": "v", "emptyDir": {}}],
    },
    "status": {"startTime": "2020-01-01T02:00:00.5+02:00"},
}


def test_the_form() -> None:
    """Null and empty lists and maps go, quantities and times are canonical, the rest stays."""
    assert conform("core.v1.Pod", POD).obj == {
        "metadata": {"name": "p"},
        "spec": {
            "containers": [{"name": "c", "resources": {"limits": {"cpu": "1", "memory": "1024"}}}],
            "volumes": [{"name": "v", "emptyDir": {}}],
        },
        "status": {"startTime": "2020-01-01T00:00:00Z"},
    }


def test_nothing_is_shared_or_changed() -> None:
    """The result can be changed without changing what was sent."""
    found = conform("core.v1.Pod", POD).obj
    found["spec"]["volumes"][0]["emptyDir"]["medium"] = "Memory"
    assert POD["spec"]["volumes"] == [{"name": "v", "emptyDir": {}}]


def test_unknown_fields_are_named() -> None:
    """They are left out, and their paths returned."""
    sent = {"spec": {"containers": [{"name": "c", "imag": "x"}], "x": None}, "y": {"z": 1}}
    found = conform("core.v1.Pod", sent)
    assert found.obj == {"spec": {"containers": [{"name": "c"}]}}
    assert found.unknown == ("spec.containers[0].imag", "spec.x", "y")


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        ({"spec": "x"}, "cannot unmarshal string into Go struct field Pod.spec of type v1.PodSpec"),
        ({"spec": {"containers": {}}},
         "object into Go struct field PodSpec.spec.containers of type []v1.Container"),
        ({"spec": {"containers": [{"name": 1}]}},
         "number into Go struct field Container.spec.containers.name of type string"),
        ({"spec": {"containers": [{"livenessProbe": {"httpGet": []}}]}},
         "array into Go struct field Probe.spec.containers.livenessProbe.httpGet of type v1.HTTP"),
        ({"metadata": {"labels": {"a": True}}},
         "bool into Go struct field ObjectMeta.metadata.labels.a of type string"),
        ({"metadata": {"labels": []}}, "array into Go struct field ObjectMeta.metadata.labels of"),
        ({"spec": {"priority": 2**31}}, "number 2147483648 into Go struct field PodSpec.spec"),
        ({"spec": {"priority": 1.5}}, "number 1.5 into Go struct field PodSpec.spec.priority"),
        ({"spec": {"hostNetwork": "yes"}}, "string into Go struct field PodSpec.spec.hostNetwork"),
        ({"spec": {"overhead": {"cpu": "1x"}}}, "spec.overhead.cpu: '1x' was given as a quantity"),
        ({"spec": {"overhead": {"cpu": []}}}, "of type resource.Quantity"),
        ({"status": {"startTime": "now"}}, "status.startTime: 'now' was given as a time"),
        ({"status": {"startTime": 1}}, "of type v1.Time"),
        ({"spec": {"containers": [{"livenessProbe": {"httpGet": {"port": True}}}]}},
         "of type intstr.IntOrString"),
    ],
)  # fmt: skip
def test_mistyped(sent: Object, message: str) -> None:
    """A value of another type than its field's is refused, with its place."""
    with pytest.raises(BadRequest) as caught:
        conform("core.v1.Pod", sent)
    assert message in str(caught.value)


def test_what_is_no_object() -> None:
    """The whole must be one, too."""
    text: Any = "x"
    with pytest.raises(BadRequest, match=r"string into Go value of type v1\.Pod"):
        conform("core.v1.Pod", text)


def test_base64() -> None:
    """The data of a Secret must be in it."""
    assert conform("core.v1.Secret", {"data": {"a": "YQ=="}}).obj == {"data": {"a": "YQ=="}}
    with pytest.raises(BadRequest, match=r"illegal base64 data in data\.a"):
        conform("core.v1.Secret", {"data": {"a": "?"}})
    with pytest.raises(BadRequest, match="uint8"):
        conform("core.v1.Secret", {"data": {"a": 1}})


def test_null_within_lists_and_maps() -> None:
    """It stands for the empty value of the type."""
    assert conform("core.v1.ConfigMap", {"data": {"a": None}}).obj == {"data": {"a": ""}}
    sent = {"spec": {"tolerations": [None]}}
    assert conform("core.v1.Pod", sent).obj == {"spec": {"tolerations": [{}]}}


def test_required_lists_may_be_empty() -> None:
    """An empty list that must be there stays."""
    sent: Object = {"spec": {"containers": []}}
    assert conform("core.v1.Pod", sent).obj == sent


def test_free_form_and_micro_times() -> None:
    """Some fields take anything, some times have microseconds."""
    sent = {"metadata": {"managedFields": [{"manager": "m", "fieldsV1": {"f:a": {"x": [None]}}}]},
            "spec": {"renewTime": "2020-01-01T00:00:00.123456789Z"}}  # fmt: skip
    found = conform("coordination.v1.Lease", sent).obj
    assert found["metadata"] == sent["metadata"]
    assert found["spec"]["renewTime"] == "2020-01-01T00:00:00.123456Z"


@pytest.mark.parametrize("resource", tuple(REGISTRY), ids=lambda resource: resource.plural)
def test_every_kind_has_its_structure(resource: Resource) -> None:
    """All that the fields of a kind refer to is there, and the form of a form is itself."""
    fields = definition(resource.schema).fields
    assert {"apiVersion", "kind", "metadata"} <= fields.keys()
    assert resource.strategy.has_status == ("status" in fields)
    seen: list[str] = []
    waiting = [definition(resource.schema)]
    while waiting:
        found = waiting.pop()
        for field in found.fields.values():
            inner = field.definition
            if inner is not None and inner.name not in seen:
                seen.append(inner.name)
                waiting.append(inner)
    once = conform(resource.schema, {"metadata": {"name": "a"}}).obj
    assert conform(resource.schema, once).obj == once


def test_merge_keys() -> None:
    """Lists know how a strategic merge patch and server-side apply merge them."""
    spec = definition("core.v1.PodSpec").fields
    assert (spec["containers"].merge_key, spec["containers"].merge) == ("name", True)
    assert spec["volumes"].retain_keys
    assert not spec["tolerations"].merge
    ports = definition("core.v1.Container").fields["ports"]
    assert ports.keys == ("containerPort", "protocol")
    assert ports.item == "@core.v1.ContainerPort"
    assert definition("core.v1.Pod").go_name == "Pod"


def test_unknown_definitions() -> None:
    """The error says what was asked for."""
    with pytest.raises(UnknownKind, match=r"core\.v1\.Widget"):
        definition("core.v1.Widget")


def test_a_spec_that_came_before_is_everybodys_own() -> None:
    """Equal specs get equal forms, which share nothing; what was complained of is so again."""
    spec = {"containers": [{"name": "mine", "image": None, "ports": []}], "nodeName": ""}
    first = conform("core.v1.Pod", {"spec": spec}).obj["spec"]
    second = conform("core.v1.Pod", {"spec": spec}).obj["spec"]
    third = conform("core.v1.Pod", {"spec": spec}).obj["spec"]

    assert first == second == third == {"containers": [{"name": "mine"}], "nodeName": ""}
    second["containers"][0]["name"] = "changed"
    assert third["containers"][0]["name"] == "mine"
    for _ in range(2):
        again = conform("core.v1.Pod", {"spec": {**spec, "colour": "red"}})
        assert again.unknown == ("spec.colour",)
        with pytest.raises(BadRequest):
            conform("core.v1.Pod", {"spec": {**spec, "nodeName": 1}})
