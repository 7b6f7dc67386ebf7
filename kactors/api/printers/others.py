"""Nodes, configuration, storage, and what the cluster tells about itself.

Source: kubernetes pkg/printers/internalversion/printers.go.
"""

from typing import Final

from kactors.api.meta import get_condition, labels_of, metadata_of
from kactors.api.objects import Object, field
from kactors.api.printers.columns import (
    AGE,
    NAME,
    NONE,
    Cell,
    Column,
    Table,
    at,
    joined,
    wide,
)
from kactors.api.printers.duration import since

__all__ = [
    "CONFIG_MAP", "EVENT", "LEASE", "NAMESPACE", "NODE", "PERSISTENT_VOLUME",
    "PERSISTENT_VOLUME_CLAIM", "POD_DISRUPTION_BUDGET", "PRIORITY_CLASS", "SECRET",
    "SERVICE_ACCOUNT", "STORAGE_CLASS",
]  # fmt: skip

_ROLE: Final = "node-role.kubernetes.io/"
_MODES: Final = {
    "ReadWriteOnce": "RWO", "ReadOnlyMany": "ROX", "ReadWriteMany": "RWX",
    "ReadWriteOncePod": "RWOP",
}  # fmt: skip


def _node_state(node: Object, now_ns: int) -> str:
    del now_ns
    ready = get_condition(node, "Ready")
    words = ["Unknown"]
    if ready is not None:
        words = ["Ready" if ready.get("status") == "True" else "NotReady"]
    if field(node, "spec", "unschedulable"):
        words.append("SchedulingDisabled")
    return ",".join(words)


def _roles(node: Object, now_ns: int) -> str:
    del now_ns
    labels = labels_of(node)
    found = {label.removeprefix(_ROLE) for label in labels if label.startswith(_ROLE)}
    found |= {labels[label] for label in ("kubernetes.io/role",) if label in labels}
    return joined(sorted(found - {""}))


def _address(kind: str) -> Cell:
    def cell(node: Object, now_ns: int) -> str:
        del now_ns
        addresses = field(node, "status", "addresses", default=())
        return next((str(each["address"]) for each in addresses if each["type"] == kind), NONE)

    return cell


def _info(name: str) -> Cell:
    return at("status", "nodeInfo", name, default="<unknown>")


def _data(obj: Object, now_ns: int) -> str:
    del now_ns
    return str(len(obj.get("data") or ()) + len(obj.get("binaryData") or ()))


def _last_seen(event: Object, now_ns: int) -> str:
    latest = (
        field(event, "series", "lastObservedTime")
        or event.get("lastTimestamp")
        or event.get("eventTime")
        or metadata_of(event).get("creationTimestamp")
    )
    return since(latest, now_ns)


def _about(event: Object, now_ns: int) -> str:
    del now_ns
    about: Object = event.get("involvedObject") or event.get("regarding") or {}
    return f"{about.get('kind', '').lower()}/{about.get('name', '')}"


def _access_modes(*path: str) -> Cell:
    def cell(obj: Object, now_ns: int) -> str:
        del now_ns
        return ",".join(_MODES.get(mode, mode) for mode in field(obj, *path, default=()))

    return cell


def _claim(volume: Object, now_ns: int) -> str:
    del now_ns
    claim = field(volume, "spec", "claimRef")
    return "" if claim is None else f"{claim.get('namespace', '')}/{claim.get('name', '')}"


NODE: Table = (
    NAME,
    Column("STATUS", _node_state),
    Column("ROLES", _roles),
    AGE,
    Column("VERSION", at("status", "nodeInfo", "kubeletVersion", default="")),
    wide("INTERNAL-IP", _address("InternalIP")),
    wide("EXTERNAL-IP", _address("ExternalIP")),
    wide("OS-IMAGE", _info("osImage")),
    wide("KERNEL-VERSION", _info("kernelVersion")),
    wide("CONTAINER-RUNTIME", _info("containerRuntimeVersion")),
)

NAMESPACE: Table = (NAME, Column("STATUS", at("status", "phase", default="")), AGE)

EVENT: Table = (
    Column("LAST SEEN", _last_seen),
    Column("TYPE", at("type", default="")),
    Column("REASON", at("reason", default="")),
    Column("OBJECT", _about),
    Column("MESSAGE", at("message", default="")),
)

LEASE: Table = (NAME, Column("HOLDER", at("spec", "holderIdentity", default="")), AGE)

CONFIG_MAP: Table = (NAME, Column("DATA", _data), AGE)

SECRET: Table = (NAME, Column("TYPE", at("type", default="")), Column("DATA", _data), AGE)

SERVICE_ACCOUNT: Table = (
    NAME,
    Column("SECRETS", lambda obj, _: str(len(obj.get("secrets") or ()))),
    AGE,
)

PERSISTENT_VOLUME: Table = (
    NAME,
    Column("CAPACITY", at("spec", "capacity", "storage", default="")),
    Column("ACCESS MODES", _access_modes("spec", "accessModes")),
    Column("RECLAIM POLICY", at("spec", "persistentVolumeReclaimPolicy", default="")),
    Column("STATUS", at("status", "phase", default="")),
    Column("CLAIM", _claim),
    Column("STORAGECLASS", at("spec", "storageClassName", default="")),
    Column("REASON", at("status", "reason", default="")),
    AGE,
    wide("VOLUMEMODE", at("spec", "volumeMode", default="<unset>")),
)

PERSISTENT_VOLUME_CLAIM: Table = (
    NAME,
    Column("STATUS", at("status", "phase", default="")),
    Column("VOLUME", at("spec", "volumeName", default="")),
    Column("CAPACITY", at("status", "capacity", "storage", default="")),
    Column("ACCESS MODES", _access_modes("status", "accessModes")),
    Column("STORAGECLASS", at("spec", "storageClassName", default="")),
    AGE,
    wide("VOLUMEMODE", at("spec", "volumeMode", default="<unset>")),
)

STORAGE_CLASS: Table = (
    NAME,
    Column("PROVISIONER", at("provisioner", default="")),
    Column("RECLAIMPOLICY", at("reclaimPolicy", default="Delete")),
    Column("VOLUMEBINDINGMODE", at("volumeBindingMode", default="Immediate")),
    Column(
        "ALLOWVOLUMEEXPANSION", lambda obj, _: str(bool(obj.get("allowVolumeExpansion"))).lower()
    ),
    AGE,
)

POD_DISRUPTION_BUDGET: Table = (
    NAME,
    Column("MIN AVAILABLE", at("spec", "minAvailable", default="N/A")),
    Column("MAX UNAVAILABLE", at("spec", "maxUnavailable", default="N/A")),
    Column("ALLOWED DISRUPTIONS", at("status", "disruptionsAllowed", default=0)),
    AGE,
)

PRIORITY_CLASS: Table = (
    NAME,
    Column("VALUE", at("value", default=0)),
    Column("GLOBAL-DEFAULT", lambda obj, _: str(bool(obj.get("globalDefault"))).lower()),
    AGE,
)
