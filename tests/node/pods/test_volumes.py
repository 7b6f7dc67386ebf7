"""What is in the directories that a pod mounts."""

from base64 import b64encode

import pytest

from kactors.api.objects import Object
from kactors.node.errors import ConfigMissing, VolumeNotReady
from kactors.node.pods.environment import check_environment, environment_references
from kactors.node.pods.volumes import (
    Reference,
    mounts_of,
    needs_objects,
    references_of,
    tokens_of,
    volume_files,
)
from kactors.node.runtime.face import VolumeDir
from tests.node.objects import container, pod

OBJECTS: dict[Reference, Object] = {
    Reference("configmaps", "conf"): {
        "metadata": {"name": "conf"},
        "data": {"a": "1", "b": "2"},
        "binaryData": {"c": b64encode(b"\x00").decode()},
    },
    Reference("secrets", "key"): {
        "metadata": {"name": "key"},
        "data": {"tls.key": b64encode(b"secret").decode()},
    },
}


def files(volume: Object, one: Object | None = None) -> dict[str, bytes]:
    """Return what is in a volume."""
    found = volume_files(one or pod(), volume, OBJECTS.get, lambda wanted: f"for {wanted.audience}")
    return dict(found)


def test_configmaps_and_secrets_are_files() -> None:
    """All their keys, or those that are picked, under other names."""
    assert files({"configMap": {"name": "conf"}}) == {"a": b"1", "b": b"2", "c": b"\x00"}
    picked = {"configMap": {"name": "conf", "items": [{"key": "a", "path": "x/a"}]}}
    assert files(picked) == {"x/a": b"1"}
    assert files({"secret": {"secretName": "key"}}) == {"tls.key": b"secret"}
    assert files({"emptyDir": {}}) == {}


def test_what_is_missing_holds_up_the_pod_unless_it_is_optional() -> None:
    """Objects and keys alike."""
    with pytest.raises(VolumeNotReady, match='secret "gone" not found'):
        files({"secret": {"secretName": "gone"}})
    assert files({"configMap": {"name": "gone", "optional": True}}) == {}
    with pytest.raises(VolumeNotReady, match="conf has no key z"):
        files({"configMap": {"name": "conf", "items": [{"key": "z", "path": "z"}]}})


def test_projected_volumes_are_made_of_many_things() -> None:
    """Tokens, fields of the pod, and objects: what every pod has by default."""
    sources = [
        {"serviceAccountToken": {"path": "token", "audience": "x"}},
        {"configMap": {"name": "conf", "items": [{"key": "a", "path": "ca.crt"}]}},
        {"downwardAPI": {"items": [
            {"path": "namespace", "fieldRef": {"fieldPath": "metadata.namespace"}},
            {"path": "labels", "fieldRef": {"fieldPath": "metadata.labels"}},
            {"path": "app", "fieldRef": {"fieldPath": "metadata.labels['app']"}},
        ]}},
    ]  # fmt: skip
    volume = {"name": "v", "projected": {"sources": sources}}
    one = pod(metadata={"labels": {"app": "web"}}, volumes=[volume])
    assert files(volume, one) == {
        "token": b"for x",
        "ca.crt": b"1",
        "namespace": b"default",
        "labels": b'app="web"',
        "app": b"web",
    }
    assert references_of(one) == (Reference("configmaps", "conf"),)
    assert [each.seconds for each in tokens_of(one)] == [3600]
    assert needs_objects(one)
    assert not needs_objects(pod(volumes=[{"name": "v", "emptyDir": {}}]))


def test_mounts_are_by_path() -> None:
    """What is not mounted yet is not there."""
    there = VolumeDir()
    mounts = [{"name": "v", "mountPath": "/etc/x/"}, {"name": "w", "mountPath": "/y"}]
    assert mounts_of(container(volumeMounts=mounts), {"v": there}) == {"/etc/x": there}


def test_an_environment_needs_its_objects_and_keys() -> None:
    """Unless they are optional."""
    from_map = {"valueFrom": {"configMapKeyRef": {"name": "conf", "key": "a"}}}
    good = container(env=[from_map], envFrom=[{"secretRef": {"name": "key"}}])
    assert environment_references(good) == (
        Reference("secrets", "key"), Reference("configmaps", "conf"),
    )  # fmt: skip
    check_environment(good, OBJECTS.get)
    no_key = container(env=[{"valueFrom": {"secretKeyRef": {"name": "key", "key": "z"}}}])
    with pytest.raises(ConfigMissing, match="couldn't find key z in secret key"):
        check_environment(no_key, OBJECTS.get)
    with pytest.raises(ConfigMissing, match='configmap "gone" not found'):
        check_environment(container(envFrom=[{"configMapRef": {"name": "gone"}}]), OBJECTS.get)
    optional = {"name": "gone", "key": "z", "optional": True}
    check_environment(container(env=[{"valueFrom": {"configMapKeyRef": optional}}]), OBJECTS.get)
