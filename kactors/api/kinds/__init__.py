"""The kinds: strategies and entries, one module for each kind or for a few that belong together."""

from kactors.api.kinds.config import CONFIG_MAP, SECRET, SERVICE_ACCOUNT
from kactors.api.kinds.controller_revision import CONTROLLER_REVISION
from kactors.api.kinds.cronjob import CRON_JOB
from kactors.api.kinds.daemonset import DAEMON_SET
from kactors.api.kinds.deployment import DEPLOYMENT
from kactors.api.kinds.endpoints import ENDPOINT_SLICE, ENDPOINTS
from kactors.api.kinds.event import EVENT
from kactors.api.kinds.job import JOB
from kactors.api.kinds.lease import LEASE
from kactors.api.kinds.namespace import NAMESPACE
from kactors.api.kinds.node import NODE
from kactors.api.kinds.pod import POD
from kactors.api.kinds.policy import POD_DISRUPTION_BUDGET
from kactors.api.kinds.priority import PRIORITY_CLASS
from kactors.api.kinds.rbac import CLUSTER_ROLE, CLUSTER_ROLE_BINDING, ROLE, ROLE_BINDING
from kactors.api.kinds.replicaset import REPLICA_SET
from kactors.api.kinds.service import SERVICE
from kactors.api.kinds.statefulset import STATEFUL_SET
from kactors.api.kinds.storage import (
    PERSISTENT_VOLUME,
    PERSISTENT_VOLUME_CLAIM,
    STORAGE_CLASS,
)
from kactors.api.resource import Resource

__all__ = ["ALL"]

ALL: tuple[Resource, ...] = (
    CONFIG_MAP, ENDPOINTS, EVENT, NAMESPACE, NODE, PERSISTENT_VOLUME, PERSISTENT_VOLUME_CLAIM, POD,
    SECRET, SERVICE_ACCOUNT, SERVICE, CONTROLLER_REVISION, DAEMON_SET, DEPLOYMENT, REPLICA_SET,
    STATEFUL_SET, CRON_JOB, JOB, LEASE, ENDPOINT_SLICE, POD_DISRUPTION_BUDGET, CLUSTER_ROLE,
    CLUSTER_ROLE_BINDING, ROLE, ROLE_BINDING, PRIORITY_CLASS, STORAGE_CLASS,
)  # fmt: skip
"""In upstream's order: the core group first, then the groups by name."""
