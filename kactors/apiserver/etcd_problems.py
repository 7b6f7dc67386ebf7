"""What clients are told when etcd does not do what it should.

Whether something was written decides: of what certainly was not, a client may simply ask again.

Source: ``staging/src/k8s.io/apiserver/pkg/registry/generic/registry/storage_errors`` of Kubernetes.
"""

from typing import Final

from kactors.api.errors import (
    ApiError,
    InternalError,
    RequestEntityTooLarge,
    ServiceUnavailable,
    Timeout,
)
from kactors.etcd.client_errors import ClusterUnavailable, OutcomeUnknown
from kactors.etcd.errors import EtcdError, RequestTooLarge

#: What a call of `EtcdClient` may raise.
ETCD_PROBLEMS: Final = (ClusterUnavailable, OutcomeUnknown, EtcdError)


def told(problem: Exception) -> ApiError:
    """Return the error that says the same to a client of the API."""
    if isinstance(problem, OutcomeUnknown):
        return Timeout(
            "etcd has not answered a write: it may have happened, may happen yet, or never will"
        )
    if isinstance(problem, ClusterUnavailable):
        return ServiceUnavailable("etcd is unavailable, nothing was written", retry_after_s=1)
    if isinstance(problem, RequestTooLarge):
        return RequestEntityTooLarge("etcd does not store so much in one object")
    return InternalError(str(problem))
