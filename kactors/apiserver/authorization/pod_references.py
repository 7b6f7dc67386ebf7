"""Which secrets, config maps and claims a pod refers to.

Source: ``pkg/api/pod/util.go`` of Kubernetes, `VisitPodSecretNames`, `VisitPodConfigmapNames`.
"""

from collections.abc import Iterator

from kactors.api.objects import Object, field


def secrets_of(pod: Object) -> Iterator[str]:
    """Yield the names of the secrets that a pod refers to."""
    yield from _environment_names(pod, "secretRef", "secretKeyRef")
    for reference in field(pod, "spec", "imagePullSecrets", default=()):
        yield reference.get("name", "")
    for volume in field(pod, "spec", "volumes", default=()):
        yield field(volume, "secret", "secretName", default="")
        for kind in ("cephfs", "flexVolume", "rbd", "scaleIO", "iscsi", "storageos"):
            yield field(volume, kind, "secretRef", "name", default="")
        yield field(volume, "azureFile", "secretName", default="")
        yield field(volume, "csi", "nodePublishSecretRef", "name", default="")
        for source in field(volume, "projected", "sources", default=()):
            yield field(source, "secret", "name", default="")


def config_maps_of(pod: Object) -> Iterator[str]:
    """Yield the names of the config maps that a pod refers to."""
    yield from _environment_names(pod, "configMapRef", "configMapKeyRef")
    for volume in field(pod, "spec", "volumes", default=()):
        yield field(volume, "configMap", "name", default="")
        for source in field(volume, "projected", "sources", default=()):
            yield field(source, "configMap", "name", default="")


def claims_of(pod: Object) -> Iterator[str]:
    """Yield the names of the persistent volume claims that a pod refers to."""
    name = field(pod, "metadata", "name", default="")
    for volume in field(pod, "spec", "volumes", default=()):
        yield field(volume, "persistentVolumeClaim", "claimName", default="")
        if volume.get("ephemeral") is not None:
            yield f"{name}-{volume['name']}"


def _environment_names(pod: Object, whole: str, key: str) -> Iterator[str]:
    for kind in ("initContainers", "containers", "ephemeralContainers"):
        for container in field(pod, "spec", kind, default=()):
            for source in container.get("envFrom") or ():
                yield field(source, whole, "name", default="")
            for variable in container.get("env") or ():
                yield field(variable, "valueFrom", key, "name", default="")
