"""ServiceAccount: every pod runs as one, and finds its token in a volume.

Source: ``plugin/pkg/admission/serviceaccount`` of Kubernetes.
"""

from typing import Final

from kactors.api.meta import annotations_of
from kactors.api.names import generate_name
from kactors.api.objects import Object, field
from kactors.apiserver.admission.plugin import AdmissionRequest, Plugin
from kactors.apiserver.authorization.pod_references import secrets_of

MIRROR_POD: Final = "kubernetes.io/config.mirror"
#: Where containers find their token.
MOUNT_PATH: Final = "/var/run/secrets/kubernetes.io/serviceaccount"
ROOT_CA_CONFIG_MAP: Final = "kube-root-ca.crt"
#: A little more than an hour, by which upstream recognises tokens that it may extend.
TOKEN_SECONDS: Final = 3607
_VOLUME_PREFIX: Final = "kube-api-access-"


class ServiceAccount(Plugin):
    """See the module's text."""

    async def admit(self, request: AdmissionRequest) -> None:
        """Give a new pod its service account, its token and its pull secrets.

        Raises:
            Forbidden: there is no such account.
        """
        if not request.is_on("", "pods"):
            return
        pod = request.new
        spec = pod.setdefault("spec", {})
        if MIRROR_POD in annotations_of(pod):
            _check_mirror(request, spec)
            return
        if not spec.get("serviceAccountName"):
            spec["serviceAccountName"] = "default"
        spec["serviceAccount"] = spec["serviceAccountName"]
        name = spec["serviceAccountName"]
        account = await self.find("serviceaccounts", request.namespace, name)
        if account is None:
            raise request.refusal(
                f"error looking up service account {request.namespace}/{name}: "
                f'serviceaccount "{name}" not found'
            )
        if _automounts(account, spec):
            self._mount_token(spec)
        if not spec.get("imagePullSecrets") and account.get("imagePullSecrets"):
            spec["imagePullSecrets"] = [dict(each) for each in account["imagePullSecrets"]]

    def _mount_token(self, spec: Object) -> None:
        containers = [*(spec.get("initContainers") or ()), *(spec.get("containers") or ())]
        lacking = [container for container in containers if not _has_mount(container)]
        if not lacking:
            return
        name = generate_name(_VOLUME_PREFIX, self.backend.chance.below)
        for container in lacking:
            mount = {"name": name, "readOnly": True, "mountPath": MOUNT_PATH}
            container["volumeMounts"] = [*(container.get("volumeMounts") or ()), mount]
        spec["volumes"] = [*(spec.get("volumes") or ()), _token_volume(name)]


def _automounts(account: Object, spec: Object) -> bool:
    for said in (spec, account):
        if said.get("automountServiceAccountToken") is not None:
            return bool(said["automountServiceAccountToken"])
    return True


def _has_mount(container: Object) -> bool:
    mounts = container.get("volumeMounts") or ()
    return any(mount.get("mountPath") == MOUNT_PATH for mount in mounts)


def _token_volume(name: str) -> Object:
    namespace = {"apiVersion": "v1", "fieldPath": "metadata.namespace"}
    token = {"expirationSeconds": TOKEN_SECONDS, "path": "token"}
    certificate = {"key": "ca.crt", "path": "ca.crt"}
    return {
        "name": name,
        "projected": {
            "defaultMode": 0o644,
            "sources": [
                {"serviceAccountToken": token},
                {"configMap": {"name": ROOT_CA_CONFIG_MAP, "items": [certificate]}},
                {"downwardAPI": {"items": [{"path": "namespace", "fieldRef": namespace}]}},
            ],
        },
    }


def _check_mirror(request: AdmissionRequest, spec: Object) -> None:
    """Let no pod of a node's own files use what belongs to a namespace."""
    if spec.get("serviceAccountName"):
        raise request.refusal("a mirror pod may not reference service accounts")
    if any(secrets_of(request.new)):
        raise request.refusal("a mirror pod may not reference secrets")
    for volume in field(request.new, "spec", "volumes", default=()):
        for source in field(volume, "projected", "sources", default=()):
            if source.get("serviceAccountToken"):
                raise request.refusal(
                    "a mirror pod may not use ServiceAccountToken volume projections"
                )
