"""The defaults of pods and of pod templates.

Source: kubernetes pkg/apis/core/v1/defaults.go.
"""

from collections.abc import Iterator

from kactors.api.defaults.containers import default_container
from kactors.api.defaults.fill import fill, part
from kactors.api.defaults.volumes import default_volume
from kactors.api.objects import Object, deep_copy

__all__ = ["containers_of", "default_pod", "default_pod_spec", "default_template"]


def containers_of(spec: Object) -> Iterator[Object]:
    """Yield init containers, then containers, then ephemeral ones."""
    for name in ("initContainers", "containers", "ephemeralContainers"):
        yield from spec.get(name) or ()


def default_pod(pod: Object) -> None:
    """Fill in a pod; requests that are not given are as large as the limits."""
    spec = part(pod, "spec")
    for name in ("containers", "initContainers"):
        for container in spec.get(name) or ():
            _default_requests(container)
    fill(spec, enableServiceLinks=True)
    if spec.get("hostNetwork"):
        _default_host_ports(spec)
    default_pod_spec(spec)


def _default_requests(container: Object) -> None:
    limits = (container.get("resources") or {}).get("limits")
    if limits:
        requests = part(container["resources"], "requests")
        for name, amount in limits.items():
            requests.setdefault(name, amount)


def _default_host_ports(spec: Object) -> None:
    for name in ("containers", "initContainers"):
        for container in spec.get(name) or ():
            for port in container.get("ports") or ():
                port["hostPort"] = port.get("hostPort") or port.get("containerPort", 0)


def default_pod_spec(spec: Object) -> None:
    """Fill in what pods and templates have in common."""
    fill(
        spec,
        dnsPolicy="ClusterFirst",
        restartPolicy="Always",
        terminationGracePeriodSeconds=30,
        schedulerName="default-scheduler",
    )
    if spec.get("securityContext") is None:
        spec["securityContext"] = {}
    # The older name of the field goes along, as upstream's conversion has it.
    fill(spec, serviceAccountName=spec.get("serviceAccount"))
    if account := spec.get("serviceAccountName"):
        spec["serviceAccount"] = account
    else:
        spec.pop("serviceAccountName", None)
    for volume in spec.get("volumes") or ():
        default_volume(volume)
    for container in containers_of(spec):
        default_container(container)


def default_template(spec: Object, name: str = "template") -> Object:
    """Fill in the pod template at ``name`` of a workload's spec; return a copy of its labels."""
    template = part(spec, name)
    default_pod_spec(part(template, "spec"))
    labels: Object = (template.get("metadata") or {}).get("labels") or {}
    copied: Object = deep_copy(labels)
    return copied
