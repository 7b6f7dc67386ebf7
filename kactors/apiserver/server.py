"""One replica of the apiserver, as an actor.

Theory of operation
===================

A replica has nothing of its own. When it starts it lists etcd and follows it (`Feed`); from then on
it answers reads from what it knows, once that is as new as it has to be, and writes to etcd by
compare-and-swap. When it crashes nothing is lost but the watches that it served, and those go on
with another replica where they were.

Until it knows all objects, and the bootstrap policy is there, it refuses everything with 503:
without roles nobody may do anything, and nobody should take that for an answer.
"""

from collections.abc import Callable, Sequence
from typing import Final

from kactors.actors.actor import Actor
from kactors.actors.handlers import serves, streams
from kactors.actors.mailbox import MailboxPolicy
from kactors.actors.outbox import Outbox
from kactors.api.codec import encode
from kactors.api.errors import ServiceUnavailable
from kactors.api.objects import Object
from kactors.api.registry import REGISTRY
from kactors.api.requests import ApiRequest, ApiResponse, ApiWatch, WatchBatch
from kactors.api.service_ranges import AddressRange, PortRange
from kactors.apiserver.admission.chain import AdmissionChain
from kactors.apiserver.api import Api, Audit
from kactors.apiserver.authentication.authenticator import Authenticator
from kactors.apiserver.authorization.authorizer import Authorizer
from kactors.apiserver.authorization.node import NodeAuthorizer, NodeCaches
from kactors.apiserver.authorization.rbac import RbacAuthorizer, RbacCaches
from kactors.apiserver.backend import Backend
from kactors.apiserver.cache.caches import Caches
from kactors.apiserver.cache.feed import Feed
from kactors.apiserver.compactor import Compactor
from kactors.apiserver.config import ApiServerConfig
from kactors.apiserver.event_leases import EventLeases
from kactors.apiserver.handlers.watch import failure
from kactors.apiserver.kubernetes_service import KubernetesService
from kactors.apiserver.messages import Health, HealthResponse
from kactors.apiserver.policy.bootstrap import Bootstrap
from kactors.apiserver.registry.object_store import ObjectStore
from kactors.apiserver.registry.service_ranges import ServiceRanges
from kactors.apiserver.storage import Storage
from kactors.etcd.client import EtcdClient
from kactors.runtime import current_time

_RBAC: Final = "rbac.authorization.k8s.io"


def silent(_line: str) -> None:
    """Tell nobody."""


class ApiServer(Actor):
    """A replica: answers `ApiRequest` and `Health`, serves `ApiWatch`.

    Args:
        config: of the replica.
        log: told what a person may want to know, a line at a time.

    Attributes:
        ready: whether requests are answered.
        audit: told of every answer, from its start on; see `Api`.
    """

    mailbox = MailboxPolicy(requests_max=100_000)

    def __init__(self, config: ApiServerConfig, *, log: Callable[[str], None] = silent) -> None:
        self.config = config
        self.ready = False
        self.audit: list[Audit] = []
        self._log = log

    async def on_start(self) -> None:
        """Put the parts together, and begin to follow etcd."""
        config = self.config
        etcd = EtcdClient(self, config.etcd)
        storage = Storage(etcd)
        caches = Caches(REGISTRY, current_time, config.ring)
        services = ServiceRanges(
            AddressRange(config.service_cidr),
            PortRange(*config.node_ports),
            self.random("service-ranges").below,
        )
        taken = {each.prefix: each for each in (services.taken_addresses, services.taken_ports)}
        self.feed = Feed(
            storage,
            {**caches.by_prefix, **taken},
            log=self._log,
            on_lost=caches.close_watches,
        )
        self.backend = Backend(
            REGISTRY,
            storage,
            caches,
            self.feed,
            self.host.clock.wall_ns,
            self.random("apiserver"),
        )
        store = ObjectStore(
            self.backend,
            AdmissionChain(self.backend, config.plugins),
            EventLeases(etcd),
            services,
            event_seconds=config.event_seconds,
        )
        self._caches = caches
        self._bootstrap = Bootstrap(store, self._log)
        self._kubernetes_service = KubernetesService(store, config, self._log)
        self.api = Api(
            self.backend,
            Authenticator(
                config.authority, self._find, self.host.clock.wall_ns, anonymous=config.anonymous
            ),
            _authorizer(caches),
            store,
            config.authority,
            config.watch,
            self.audit,
        )
        self.start_soon(self.feed.run, name="feed")
        self.start_soon(self.feed.look_after, name="look after the feed")
        self.start_soon(self._start_up, name="bootstrap")
        if config.compaction_seconds:
            compactor = Compactor(etcd, config.compaction_seconds, self._log)
            self.start_soon(compactor.run, name="compactor")

    async def _start_up(self) -> None:
        await self.feed.wait_until_ready()
        await self._bootstrap.run()
        await self._kubernetes_service.turn()
        self.ready = True
        await self._kubernetes_service.run()

    async def _find(self, resource: str, namespace: str, name: str) -> Object | None:
        return await self.backend.find(REGISTRY.get("", "v1", resource), namespace, name)

    @serves
    async def on_request(self, request: ApiRequest) -> ApiResponse:
        """Answer a request of a client."""
        if not self.ready:
            problem = _starting()
            return ApiResponse(problem.code, encode(problem.status()))
        return await self.api.answer(request)

    @streams
    async def on_watch(self, request: ApiWatch, out: Outbox[WatchBatch]) -> None:
        """Serve a watch of a client."""
        if not self.ready:
            await out.send(failure(_starting()))
            return
        await self.api.watch(request, out)

    @serves
    def on_health(self, _: Health) -> HealthResponse:
        """Tell how the replica is."""
        problems: Sequence[str] = ()
        if not self.feed.ready:
            problems = ("the watch cache is not filled, or has lost touch with etcd",)
        elif not self.ready:
            problems = ("the bootstrap policy is being written",)
        watchers = sum(len(cache.watchers) for cache in self._caches.by_prefix.values())
        return HealthResponse(not problems, self.feed.revision, tuple(problems), watchers)


def _starting() -> ServiceUnavailable:
    return ServiceUnavailable("the apiserver is starting: ask another, or again", retry_after_s=1)


def _authorizer(caches: Caches) -> Authorizer:
    rbac = RbacCaches(
        roles=caches.of(_RBAC, "roles"),
        role_bindings=caches.of(_RBAC, "rolebindings"),
        cluster_roles=caches.of(_RBAC, "clusterroles"),
        cluster_role_bindings=caches.of(_RBAC, "clusterrolebindings"),
    )
    node = NodeCaches(
        pods=caches.of("", "pods"),
        claims=caches.of("", "persistentvolumeclaims"),
        volumes=caches.of("", "persistentvolumes"),
    )
    return Authorizer(NodeAuthorizer(node), RbacAuthorizer(rbac))
