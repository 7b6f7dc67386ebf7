"""What is in the directories that a pod mounts, as a function of the objects it names.

Source: kubernetes pkg/volume/configmap, pkg/volume/secret, pkg/volume/projected,
pkg/volume/downwardapi.
"""

import json
from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping
from typing import Final

import attrs

from kactors.api.meta import annotations_of, labels_of, name_of, namespace_of, uid_of
from kactors.api.objects import Object
from kactors.node.errors import VolumeNotReady
from kactors.node.runtime.face import VolumeDir

__all__ = ["Reference", "TokenWanted", "mounts_of", "needs_objects", "references_of", "tokens_of",
           "volume_files"]  # fmt: skip

Files = Mapping[str, bytes]

_SOURCES: Final = (("configMap", "configmaps", "name"), ("secret", "secrets", "secretName"))


@attrs.frozen
class Reference:
    """A ConfigMap or Secret that a pod names.

    Attributes:
        resource: configmaps or secrets.
        name: in the namespace of the pod.
        optional: the pod does without it.
    """

    resource: str
    name: str
    optional: bool = False


@attrs.frozen
class TokenWanted:
    """A token of the pod's service account, in a projected volume.

    Attributes:
        audience: for whom; empty for the apiservers.
        seconds: how long it shall be good.
        path: the file.
    """

    audience: str
    seconds: int
    path: str


Find = Callable[[Reference], Object | None]
FindToken = Callable[[TokenWanted], str]


def _sources(volume: Object) -> Iterator[Object]:
    """Return what a volume is made of: itself, or the sources that are projected into it."""
    if "projected" in volume:
        yield from volume["projected"].get("sources") or ()
    else:
        yield volume


def _reference(source: Object) -> tuple[Reference, Object] | None:
    for kind, resource, name in _SOURCES:
        if kind in source:
            found = source[kind]
            called = found.get(name) or found.get("name") or ""
            return Reference(resource, called, bool(found.get("optional"))), found
    return None


def references_of(pod: Object) -> tuple[Reference, ...]:
    """Return the ConfigMaps and Secrets in the volumes of a pod, each once."""
    found = {
        pair[0]: None
        for volume in pod["spec"].get("volumes") or ()
        for source in _sources(volume)
        if (pair := _reference(source)) is not None
    }
    return tuple(found)


def tokens_of(pod: Object) -> tuple[TokenWanted, ...]:
    """Return the tokens in the volumes of a pod."""
    return tuple(
        _token(source["serviceAccountToken"])
        for volume in pod["spec"].get("volumes") or ()
        for source in _sources(volume)
        if "serviceAccountToken" in source
    )


def _token(source: Object) -> TokenWanted:
    seconds = source.get("expirationSeconds") or 3600
    return TokenWanted(source.get("audience") or "", seconds, source["path"])


def needs_objects(pod: Object) -> bool:
    """Tell whether what a pod mounts may change while it runs."""
    return bool(references_of(pod) or tokens_of(pod))


def volume_files(pod: Object, volume: Object, find: Find, token: FindToken) -> Files:
    """Return the files of one volume: of ConfigMaps, Secrets, tokens and the pod itself.

    What is on a disk (emptyDir, hostPath, claims) begins empty.

    Args:
        pod: whose.
        volume: an element of its ``volumes``.
        find: returns the object of a reference, ``None`` if there is none.
        token: returns a token.

    Raises:
        VolumeNotReady: an object, or a key of it, is not there.
    """
    files: dict[str, bytes] = {}
    for source in _sources(volume):
        pair = _reference(source)
        if pair is not None:
            files.update(_object_files(pod, *pair, find))
        elif "serviceAccountToken" in source:
            wanted = _token(source["serviceAccountToken"])
            files[wanted.path] = token(wanted).encode()
        elif "downwardAPI" in source:
            for item in source["downwardAPI"].get("items") or ():
                if "fieldRef" in item:
                    text = pod_field(pod, item["fieldRef"]["fieldPath"])
                    files[item["path"]] = text.encode()
    return files


def _object_files(pod: Object, reference: Reference, source: Object, find: Find) -> Files:
    obj = find(reference)
    if obj is None:
        if reference.optional:
            return {}
        kind = reference.resource.removesuffix("s")
        raise VolumeNotReady(f'{kind} "{reference.name}" not found in {namespace_of(pod)}')
    data: dict[str, bytes] = {}
    if reference.resource == "secrets":
        data |= {key: b64decode(text) for key, text in (obj.get("data") or {}).items()}
    else:
        data |= {key: text.encode() for key, text in (obj.get("data") or {}).items()}
        data |= {key: b64decode(text) for key, text in (obj.get("binaryData") or {}).items()}
    items = source.get("items")
    if not items:
        return data
    found = {}
    for item in items:
        if item["key"] in data:
            found[item["path"]] = data[item["key"]]
        elif not reference.optional:
            raise VolumeNotReady(f"{name_of(obj)} has no key {item['key']}")
    return found


def pod_field(pod: Object, path: str) -> str:
    """Return a field of a pod as text, as the downward API gives it; empty if there is none."""
    metadata = {"labels": labels_of(pod), "annotations": annotations_of(pod)}
    known = {
        "metadata.name": name_of(pod),
        "metadata.namespace": namespace_of(pod),
        "metadata.uid": uid_of(pod),
        "spec.nodeName": pod["spec"].get("nodeName") or "",
        "spec.serviceAccountName": pod["spec"].get("serviceAccountName") or "",
    }
    if path in known:
        return known[path]
    for name, values in metadata.items():
        if path == f"metadata.{name}":
            return "\n".join(f"{key}={json.dumps(values[key])}" for key in sorted(values))
        prefix = f"metadata.{name}['"
        if path.startswith(prefix):
            return values.get(path[len(prefix) : -2], "")
    return ""


def mounts_of(container: Object, volumes: Mapping[str, VolumeDir]) -> dict[str, VolumeDir]:
    """Return the directories of a container by their paths."""
    return {
        mount["mountPath"].rstrip("/"): volumes[mount["name"]]
        for mount in container.get("volumeMounts") or ()
        if mount["name"] in volumes
    }
