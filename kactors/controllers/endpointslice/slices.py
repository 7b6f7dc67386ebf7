"""Which slices a Service should have, with as few changes as possible.

Theory of operation
===================

Endpoints with the same ports and the same family of addresses share slices. For each such group,
slices that are there keep the endpoints that are still wanted, changed where they have changed, and
lose the others. What is wanted and in no slice yet goes, in this order, into slices that change
anyway; all together into the fullest slice that has room for them; into new slices. Slices that
are left without endpoints are deleted, or, if others have to be created, become these. Endpoints
are never moved from one slice to another: half-empty slices cost less than their rewriting.

Source: kubernetes staging/src/k8s.io/endpointslice/reconciler.go (reconcileByPortMapping).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final

import attrs

from kactors.api.meta import controller_ref, labels_of, name_of, namespace_of
from kactors.api.objects import Object, field
from kactors.controllers.service_endpoints import (
    HEADLESS,
    Endpoint,
    PortKey,
    addresses_of,
    endpoint_of,
    endpoint_ports,
    is_headless,
    uses_pod,
)

__all__ = ["MANAGED_BY", "MAX_ENDPOINTS", "SERVICE_NAME", "Changes", "Group", "desired", "plan"]

SERVICE_NAME: Final = "kubernetes.io/service-name"
MANAGED_BY: Final = "endpointslice.kubernetes.io/managed-by"
CONTROLLER: Final = "endpointslice-controller.k8s.io"
MAX_ENDPOINTS: Final = 100

Group = tuple[str, tuple[PortKey, ...]]
"""Family of addresses (``IPv4`` or ``IPv6``), and ports."""


@attrs.frozen
class Changes:
    """What has to be written."""

    create: tuple[Object, ...] = ()
    update: tuple[Object, ...] = ()
    delete: tuple[Object, ...] = ()


def families(service: Object) -> Sequence[str]:
    """Return the families of addresses under which a Service is reached."""
    found: Sequence[str] = field(service, "spec", "ipFamilies", default=("IPv4",))
    return found


def desired(
    service: Object, pods: Iterable[Object], node_named: Callable[[str], Object | None]
) -> dict[Group, list[Endpoint]]:
    """Return the endpoints that a Service should have.

    Args:
        service: has a selector.
        pods: that it selects.
        node_named: returns a node by its name.
    """
    wanted: dict[Group, list[Endpoint]] = {}
    for pod in pods:
        if not uses_pod(pod):
            continue
        ports = endpoint_ports(service, pod)
        node = node_named(field(pod, "spec", "nodeName", default=""))
        for family in families(service):
            for address in addresses_of(pod):
                if (":" in address) == (family == "IPv6"):
                    endpoint = endpoint_of(pod, node, service, address)
                    wanted.setdefault((family, ports), []).append(endpoint)
                    break
    return wanted


def plan(
    service: Object,
    wanted: Mapping[Group, Sequence[Endpoint]],
    existing: Sequence[Object],
    max_endpoints: int = MAX_ENDPOINTS,
) -> Changes:
    """Return what makes the slices hold just what is wanted.

    Args:
        service: whose they are.
        wanted: see `desired`.
        existing: all slices of the Service that this controller manages.
        max_endpoints: how many a slice may hold.
    """
    labels = _labels(service)
    groups: dict[Group, list[Object]] = {}
    for each in existing:
        groups.setdefault(_group_of(each), []).append(each)
    wanted = {group: wanted.get(group, ()) for group in (*groups, *wanted)}
    create: list[Object] = []
    update: list[Object] = []
    delete: list[Object] = []
    for group, endpoints in wanted.items():
        pieces = _fill(groups.get(group, ()), endpoints, max_endpoints)
        for old, bodies in pieces:
            piece = _slice(service, group, bodies, labels)
            if old is None:
                create.append(piece)
            elif not bodies:
                delete.append(old)
            elif changed := _changed(old, piece):
                update.append(changed)
    _keep_placeholders(service, wanted, create, delete, labels)
    _recycle(create, update, delete)
    return Changes(tuple(create), tuple(update), tuple(delete))


def _fill(
    slices: Sequence[Object], endpoints: Sequence[Endpoint], most: int
) -> Iterator[tuple[Object | None, list[Object]]]:
    """Yield each slice with the endpoints that it should have; ``None`` stands for a new one."""
    left = {each.uid: each.body for each in endpoints}
    kept: list[tuple[Object, list[Object], bool]] = []
    for old in slices:
        before: list[Object] = old.get("endpoints") or []
        bodies = []
        for each in before:
            body = left.pop(field(each, "targetRef", "uid", default=""), None)
            if body is not None:
                bodies.append(body)
        kept.append((old, bodies, bodies != before))
    rest = list(left.values())
    for _, bodies, changed in kept:
        if changed and bodies and rest:
            room = most - len(bodies)
            bodies.extend(rest[:room])
            rest = rest[room:]
    fitting = [bodies for _, bodies, changed in kept
               if not changed and bodies and len(bodies) + len(rest) <= most]  # fmt: skip
    if rest and fitting:
        max(fitting, key=len).extend(rest)
        rest = []
    for old, bodies, _ in kept:
        yield old, bodies
    for start in range(0, len(rest), most):
        yield None, rest[start : start + most]


def _keep_placeholders(
    service: Object,
    wanted: Mapping[Group, Sequence[Endpoint]],
    create: list[Object],
    delete: list[Object],
    labels: Object,
) -> None:
    """Give each family without endpoints a slice without any, so that all can see that."""
    for family in families(service):
        if any(endpoints for group, endpoints in wanted.items() if group[0] == family):
            continue
        placeholder = _slice(service, (family, ()), [], labels)
        for index, old in enumerate(delete):
            if _changed(old, placeholder) is None:
                del delete[index]
                break
        else:
            create.append(placeholder)


def _recycle(create: list[Object], update: list[Object], delete: list[Object]) -> None:
    """Let slices that would be deleted become those that would be created."""
    for old in tuple(delete):
        for piece in create:
            if piece["addressType"] == old["addressType"]:
                create.remove(piece)
                delete.remove(old)
                if changed := _changed(old, piece):
                    update.append(changed)
                break


def _labels(service: Object) -> dict[str, str]:
    labels = {key: value for key, value in labels_of(service).items() if key != HEADLESS}
    if is_headless(service):
        labels[HEADLESS] = ""
    return {**labels, SERVICE_NAME: name_of(service), MANAGED_BY: CONTROLLER}


def _slice(service: Object, group: Group, endpoints: Sequence[Object], labels: Object) -> Object:
    family, ports = group
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            "generateName": f"{name_of(service)}-",
            "namespace": namespace_of(service),
            "labels": labels,
            "ownerReferences": [controller_ref(service)],
        },
        "addressType": family,
        "endpoints": list(endpoints),
        "ports": [_port(each) for each in ports],
    }


def _port(key: PortKey) -> Object:
    name, protocol, number, application = key
    port: Object = {"name": name, "protocol": protocol, "port": number}
    return {**port, "appProtocol": application} if application else port


def _group_of(each: Object) -> Group:
    ports = [
        (port.get("name") or "", port.get("protocol") or "TCP", port.get("port") or 0,
         port.get("appProtocol") or "")
        for port in each.get("ports") or ()
    ]  # fmt: skip
    return each.get("addressType") or "IPv4", tuple(sorted(ports, key=str))


def _changed(old: Object, piece: Object) -> Object | None:
    """Return ``old`` with the contents of ``piece``; ``None`` if it has them."""
    same = (
        (old.get("endpoints") or []) == piece["endpoints"]
        and _group_of(old) == _group_of(piece)
        and labels_of(old) == labels_of(piece)
    )
    if same:
        return None
    metadata = {**old["metadata"], "labels": labels_of(piece)}
    return {**old, "metadata": metadata, "endpoints": piece["endpoints"], "ports": piece["ports"]}
