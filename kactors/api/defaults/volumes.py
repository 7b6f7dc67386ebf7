"""The defaults of volumes and of claims.

Source: kubernetes pkg/apis/core/v1/defaults.go.
"""

from kactors.api.defaults.containers import image_tag
from kactors.api.defaults.fill import fill, part
from kactors.api.objects import Object

__all__ = ["default_claim", "default_claim_spec", "default_volume"]

_MODE = 0o644
_TOKEN_SECONDS = 3600


def default_volume(volume: Object) -> None:
    """Fill in a volume of a pod; one without a source is an empty directory."""
    if not any(key != "name" for key in volume):
        volume["emptyDir"] = {}
    for name in ("secret", "configMap", "downwardAPI", "projected"):
        if (source := volume.get(name)) is not None:
            fill(source, defaultMode=_MODE)
    _default_items(volume.get("downwardAPI") or {})
    for source in (volume.get("projected") or {}).get("sources") or ():
        _default_items(source.get("downwardAPI") or {})
        if (projection := source.get("serviceAccountToken")) is not None:
            fill(projection, expirationSeconds=_TOKEN_SECONDS)
    if (path := volume.get("hostPath")) is not None:
        path.setdefault("type", "")
    if (image := volume.get("image")) is not None:
        latest = image_tag(image.get("reference") or "") == "latest"
        fill(image, pullPolicy="Always" if latest else "IfNotPresent")
    template = (volume.get("ephemeral") or {}).get("volumeClaimTemplate")
    if template is not None:
        default_claim_spec(part(template, "spec"))


def _default_items(source: Object) -> None:
    for item in source.get("items") or ():
        if (reference := item.get("fieldRef")) is not None:
            fill(reference, apiVersion="v1")


def default_claim(claim: Object) -> None:
    """Fill in a PersistentVolumeClaim."""
    default_claim_spec(part(claim, "spec"))
    fill(part(claim, "status"), phase="Pending")


def default_claim_spec(spec: Object) -> None:
    """Fill in the spec of a claim."""
    fill(spec, volumeMode="Filesystem")
