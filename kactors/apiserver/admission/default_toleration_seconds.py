"""DefaultTolerationSeconds: a pod stays five minutes on a node that is not ready, or out of reach.

Source: ``plugin/pkg/admission/defaulttolerationseconds`` of Kubernetes.
"""

from typing import Final

from kactors.api.objects import Object
from kactors.apiserver.admission.plugin import AdmissionRequest, Operation, Plugin

SECONDS: Final = 300
_KEYS: Final = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")


class DefaultTolerationSeconds(Plugin):
    """See the module's text."""

    operations = (Operation.CREATE, Operation.UPDATE)

    async def admit(self, request: AdmissionRequest) -> None:
        """Add the tolerations that a pod does not have."""
        if not request.is_on("", "pods"):
            return
        spec = request.new.setdefault("spec", {})
        present = spec.get("tolerations") or []
        missing = [key for key in _KEYS if not any(_tolerates(each, key) for each in present)]
        if missing:
            spec["tolerations"] = [*present, *map(_toleration, missing)]


def _tolerates(toleration: Object, key: str) -> bool:
    return toleration.get("key") in {key, "", None} and toleration.get("effect") in {
        "NoExecute",
        "",
        None,
    }


def _toleration(key: str) -> Object:
    return {
        "key": key,
        "operator": "Exists",
        "effect": "NoExecute",
        "tolerationSeconds": SECONDS,
    }
