"""Apiservers over etcd in the simulated world, as their tests build, ask and shake them."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from kactors.actors import Address, System, World
from kactors.actors.system_asker import SystemAsker
from kactors.api.codec import decode, encode_value
from kactors.api.errors import ApiError, from_status
from kactors.api.objects import Object
from kactors.api.registry import REGISTRY
from kactors.api.requests import ApiRequest, ApiResponse, ApiWatch, WatchBatch
from kactors.apiserver.authentication.tokens import TokenAuthority
from kactors.apiserver.authentication.user import User, admin_user
from kactors.apiserver.config import ApiServerConfig
from kactors.apiserver.messages import Health
from kactors.apiserver.server import ApiServer
from kactors.etcd.client import EtcdClient
from kactors.etcd.config import MemberConfig
from kactors.etcd.member import MEMBER_POLICY, EtcdMember

T = TypeVar("T")

CLIENT = "client"
AUTHORITY = TokenAuthority.from_seed(0)
ADMIN = AUTHORITY.for_user(admin_user())

Event = tuple[str, Object]


class Cluster:
    """Members of etcd on hosts ``m1``..., apiservers on ``a1``..., and a host ``client``.

    Attributes:
        world: where they are.
        log: what replicas told people, as (host, line).
        servers: the present lives of the replicas, by host.
    """

    def __init__(
        self,
        members: int = 1,
        replicas: int = 1,
        *,
        seed: int = 0,
        addresses: Mapping[str, str] | None = None,
        **knobs: Any,
    ) -> None:
        self.world = World(seed)
        self.log: list[tuple[str, str]] = []
        self.servers: dict[str, ApiServer] = {}
        self.members = [f"m{number}" for number in range(1, members + 1)]
        self.replicas = [f"a{number}" for number in range(1, replicas + 1)]
        self._etcd: dict[str, EtcdMember] = {}
        initial = tuple((name, f"actor://{name}/etcd") for name in self.members)
        for name in self.members:
            self._deploy_member(name, initial)
        for name in self.replicas:
            address = (addresses or {}).get(name, "")
            self._deploy_replica(name, {"advertise_address": address, **knobs})
        self.world.add_host(CLIENT)

    def __enter__(self) -> "Cluster":
        return self

    def __exit__(self, *_: object) -> None:
        self.world.close()

    def _deploy_member(self, name: str, initial: tuple[tuple[str, str], ...]) -> None:
        config = MemberConfig(name=name, initial=initial)

        def factory() -> EtcdMember:
            member = self._etcd[name] = EtcdMember(config)
            return member

        self.world.add_host(name).deploy(factory, "etcd", policy=MEMBER_POLICY)

    def _deploy_replica(self, name: str, knobs: dict[str, Any]) -> None:
        etcd = tuple(Address(member, "etcd") for member in self.members)
        config = ApiServerConfig(etcd=etcd, authority=AUTHORITY, **knobs)

        def factory() -> ApiServer:
            server = ApiServer(config, log=lambda line: self.log.append((name, line)))
            self.servers[name] = server
            return server

        self.world.add_host(name).deploy(factory, "apiserver")

    def leader(self) -> str | None:
        """Return which member of etcd leads, if one does."""
        hosts = self.world.hosts
        led = [
            (status.term, name)
            for name, member in self._etcd.items()
            if hosts[name].machine.up
            and (status := member.raft_status) is not None
            and member.leads
        ]
        return max(led)[1] if led else None

    def run(self, story: Callable[..., Awaitable[T]], *args: Any) -> T:
        """Run ``story(api, *args)`` on the client's host once the replicas are ready."""

        async def on_host(system: System) -> T:
            api = Api(system, self.replicas)
            for replica in self.replicas:
                await api.wait_until_ready(replica)
            return await story(api, *args)

        result: T = self.world.call(CLIENT, on_host)
        return result

    def etcd(self, system: System) -> EtcdClient:
        """Return a client of etcd."""
        return EtcdClient(SystemAsker(system), [Address(name, "etcd") for name in self.members])


class Api:
    """Asks apiservers, in the shape of HTTP; what they refuse is raised.

    Args:
        system: of the client's host.
        replicas: their hosts; the first is asked unless another is named.
        token: who asks.
    """

    def __init__(self, system: System, replicas: Sequence[str], token: str = ADMIN) -> None:
        self.system = system
        self.replicas = replicas
        self.token = token

    def acting_as(self, user: User) -> "Api":
        """Return one that asks as somebody else."""
        return Api(self.system, self.replicas, AUTHORITY.for_user(user))

    def with_token(self, token: str) -> "Api":
        """Return one that shows another token."""
        return Api(self.system, self.replicas, token)

    def at(self, replica: str) -> "Api":
        """Return one that asks another replica."""
        return Api(self.system, [replica], self.token)

    async def wait_until_ready(self, replica: str) -> None:
        """Return once a replica serves."""
        while not (await self.system.ref(Address(replica, "apiserver")).request(Health())).ready:
            from kactors.runtime import sleep

            await sleep(0.1)

    async def ask(
        self, verb: str, kind: str, namespace: str = "", name: str = "", **more: Any
    ) -> ApiResponse:
        """Ask, and return the answer.

        Raises:
            ApiError: it is a refusal.
        """
        resource = REGISTRY.by_name(kind)
        body = more.pop("body", None)
        query = {key: str(value) for key, value in more.pop("query", {}).items()}
        request = ApiRequest(
            verb,
            resource.group,
            resource.version,
            resource.plural,
            namespace,
            name,
            query=query,
            body=b"" if body is None else encode_value(body),
            token=self.token,
            **more,
        )
        target = self.system.ref(Address(self.replicas[0], "apiserver"))
        answer = await target.request(request)
        if answer.code >= 400:
            raise from_status(decode(answer.body))
        return answer

    async def create(self, obj: Object, namespace: str = "", **query: Any) -> Object:
        """Create an object; return it as it is then."""
        kind = REGISTRY.of_object(obj)
        where = namespace or (obj["metadata"].get("namespace") or "default") * kind.namespaced
        return opened(await self.ask("create", kind.plural, where, body=obj, query=query))

    async def get(self, kind: str, namespace: str, name: str, **query: Any) -> Object:
        """Return an object."""
        return opened(await self.ask("get", kind, namespace, name, query=query))

    async def list(self, kind: str, namespace: str = "", **query: Any) -> list[Object]:
        """Return objects."""
        return items(await self.ask("list", kind, namespace, query=query))

    async def update(self, obj: Object, subresource: str = "", **query: Any) -> Object:
        """Replace an object, or its status."""
        kind, meta = REGISTRY.of_object(obj), obj["metadata"]
        answer = await self.ask(
            "update",
            kind.plural,
            meta.get("namespace", ""),
            meta["name"],
            subresource=subresource,
            body=obj,
            query=query,
        )
        return opened(answer)

    async def patch(
        self, kind: str, namespace: str, name: str, patch: Any, subresource: str = "", **query: Any
    ) -> Object:
        """Change an object by a patch: a JSON patch if it is a list, else a merge patch."""
        form = "json-patch" if isinstance(patch, list) else query.pop("form", "merge-patch")
        answer = await self.ask(
            "patch",
            kind,
            namespace,
            name,
            subresource=subresource,
            body=patch,
            content_type=f"application/{form}+json",
            query=query,
        )
        return opened(answer)

    async def delete(
        self, kind: str, namespace: str, name: str, options: Object | None = None, **query: Any
    ) -> Object:
        """Delete an object; return what is left of it, or a ``Status``."""
        return opened(await self.ask("delete", kind, namespace, name, body=options, query=query))

    async def post(
        self, kind: str, namespace: str, name: str, subresource: str, body: Object, **query: Any
    ) -> Object:
        """Send something to a subresource."""
        answer = await self.ask(
            "create", kind, namespace, name, subresource=subresource, body=body, query=query
        )
        return opened(answer)

    @asynccontextmanager
    async def watch(
        self, kind: str, namespace: str = "", **query: Any
    ) -> AsyncIterator[AsyncIterator[Event]]:
        """Watch objects: yields events as (type, object)."""
        resource = REGISTRY.by_name(kind)
        request = ApiWatch(
            resource.group,
            resource.version,
            resource.plural,
            namespace,
            {key: str(value) for key, value in query.items()},
            self.token,
        )
        target = self.system.ref(Address(self.replicas[0], "apiserver"))
        async with target.open_stream(request) as stream:
            yield _events(stream)


async def _events(stream: AsyncIterator[WatchBatch]) -> AsyncIterator[Event]:
    async for batch in stream:
        for event in batch.events:
            obj = decode(event.body, event.revision)
            if event.type == "ERROR":
                raise from_status(obj)
            yield event.type, obj


def opened(answer: ApiResponse) -> Object:
    """Return the object of an answer."""
    return decode(answer.body, answer.revision)


def items(answer: ApiResponse) -> list[Object]:
    """Return the objects of a list."""
    return [decode(item.body, item.revision) for item in answer.items]


def config_map(name: str, namespace: str = "default", **data: str) -> Object:
    """Return a ConfigMap to be created."""
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": namespace},
        "data": data,
    }


def pod(name: str, namespace: str = "default", node: str = "", **spec: Any) -> Object:
    """Return a Pod to be created."""
    made = {"containers": [{"name": "main", "image": "web:1"}], **spec}
    if node:
        made["nodeName"] = node
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace},
        "spec": made,
    }


def service_account(name: str = "default", namespace: str = "default") -> Object:
    """Return a ServiceAccount to be created."""
    return {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": name, "namespace": namespace},
    }


async def refusal(work: Awaitable[Any]) -> ApiError:
    """Return the error with which a request is refused."""
    try:
        answer = await work
    except ApiError as problem:
        return problem
    raise AssertionError(f"it was not refused: {answer}")
