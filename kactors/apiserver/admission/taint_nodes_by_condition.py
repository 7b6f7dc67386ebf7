"""TaintNodesByCondition: a node begins as not ready, until somebody has looked.

Source: ``plugin/pkg/admission/nodetaint`` of Kubernetes.
"""

from kactors.apiserver.admission.plugin import AdmissionRequest, Plugin

_TAINT = {"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"}


class TaintNodesByCondition(Plugin):
    """See the module's text."""

    async def admit(self, request: AdmissionRequest) -> None:
        """Add the taint to a new node, unless it has it."""
        if not request.is_on("", "nodes"):
            return
        spec = request.new.setdefault("spec", {})
        taints = spec.get("taints") or []
        same = [(taint.get("key"), taint.get("effect")) for taint in taints]
        if (_TAINT["key"], _TAINT["effect"]) not in same:
            spec["taints"] = [*taints, dict(_TAINT)]
