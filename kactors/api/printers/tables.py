"""Which columns a kind has, and what stands in them."""

from collections.abc import Iterable
from typing import Final

from kactors.api.objects import Object
from kactors.api.printers import networking, others, pods, workloads
from kactors.api.printers.columns import AGE, NAME, Column, Table
from kactors.api.resource import Resource

__all__ = ["columns_of", "row"]

_TABLES: Final[dict[str, Table]] = {
    "configmaps": others.CONFIG_MAP,
    "cronjobs.batch": workloads.CRON_JOB,
    "daemonsets.apps": workloads.DAEMON_SET,
    "deployments.apps": workloads.DEPLOYMENT,
    "endpoints": networking.ENDPOINTS,
    "endpointslices.discovery.k8s.io": networking.ENDPOINT_SLICE,
    "events": others.EVENT,
    "jobs.batch": workloads.JOB,
    "leases.coordination.k8s.io": others.LEASE,
    "namespaces": others.NAMESPACE,
    "nodes": others.NODE,
    "persistentvolumeclaims": others.PERSISTENT_VOLUME_CLAIM,
    "persistentvolumes": others.PERSISTENT_VOLUME,
    "poddisruptionbudgets.policy": others.POD_DISRUPTION_BUDGET,
    "pods": pods.POD,
    "priorityclasses.scheduling.k8s.io": others.PRIORITY_CLASS,
    "replicasets.apps": workloads.REPLICA_SET,
    "secrets": others.SECRET,
    "serviceaccounts": others.SERVICE_ACCOUNT,
    "services": networking.SERVICE,
    "statefulsets.apps": workloads.STATEFUL_SET,
    "storageclasses.storage.k8s.io": others.STORAGE_CLASS,
}
_OTHERS: Final[Table] = (NAME, AGE)


def columns_of(resource: Resource, *, wide: bool = False) -> Table:
    """Return the columns of a resource: its own, or the name and the age.

    Args:
        resource: whose objects are shown.
        wide: whether those are wanted, too, that take much room.
    """
    table = _TABLES.get(resource.qualified_name, _OTHERS)
    return tuple(column for column in table if wide or not column.wide)


def row(obj: Object, columns: Iterable[Column], now_ns: int) -> list[str]:
    """Return an object's cells.

    Args:
        obj: what is shown.
        columns: which cells.
        now_ns: the present time, in nanoseconds since 1970.
    """
    return [column.cell(obj, now_ns) for column in columns]
