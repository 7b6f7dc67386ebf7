"""Controllers before a small apiserver, in a simulated world, with nodes that need no kubelet."""

from collections.abc import Awaitable, Callable
from functools import partial
from itertools import count
from typing import Any, Self, TypeVar

from kactors.actors import Actor, Address, System
from kactors.actors.system_asker import SystemAsker
from kactors.api.codec import decode, decode_request, encode_value
from kactors.api.errors import Conflict
from kactors.api.meta import format_time, namespace_of
from kactors.api.objects import Object, deep_copy, field, replaced
from kactors.api.requests import ApiRequest, ApiResponse
from kactors.client.config import ClientConfig
from kactors.client.controller import Controller, ControllerContext
from kactors.client.rest import Client
from kactors.client.retry import retry_on_conflict
from kactors.runtime import current_host
from tests.client.fake import FakeApiServer, FakeCluster, Key

ResultT = TypeVar("ResultT")


def merged(target: Any, patch: Any) -> Any:
    """Return ``target`` with a JSON merge patch applied (RFC 7386)."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), value)
    return result


def with_body(request: ApiRequest, body: bytes) -> ApiRequest:
    """Return a create request with another body."""
    return ApiRequest(
        verb=request.verb,
        group=request.group,
        version=request.version,
        resource=request.resource,
        namespace=request.namespace,
        body=body,
    )


class LifecycleApiServer(FakeApiServer):
    """A fake that knows creation times, generations, statuses, finalizers and graceful deletion."""

    def create(self, request: ApiRequest) -> ApiResponse:
        """Create an object, with what the apiserver writes into it."""
        obj = decode_request(request.body)
        metadata = obj.setdefault("metadata", {})
        metadata["creationTimestamp"] = self.now()
        metadata["generation"] = 1
        return super().create(with_body(request, encode_value(obj)))

    def now(self) -> str:
        """Return the time as objects say it."""
        return format_time(current_host().clock.wall_ns())

    def update(self, request: ApiRequest, obj: Object) -> ApiResponse:
        """Replace what may be replaced, and let go what nothing holds any more."""
        key = self.key(request)
        found = self.stored(key)
        old = decode(found.body, found.revision)
        if request.subresource == "status":
            obj = {**old, "metadata": obj["metadata"], "status": obj.get("status")}
        elif request.subresource == "finalize":
            obj = {**old, "spec": obj.get("spec")}
        elif "status" in old:
            obj = {**obj, "status": old["status"]}
        metadata = dict(obj["metadata"])
        for name in ("creationTimestamp", "deletionTimestamp", "generation"):
            if name in old["metadata"]:
                metadata[name] = old["metadata"][name]
        if obj.get("spec") != old.get("spec"):
            metadata["generation"] = metadata.get("generation", 0) + 1
        if metadata.get("uid", old["metadata"]["uid"]) != old["metadata"]["uid"]:
            raise Conflict(key[1], key[3], "another uid", group=key[0])
        response = super().update(request, {**obj, "metadata": metadata})
        self.let_go(key)
        return response

    def patch(self, request: ApiRequest) -> ApiResponse:
        """Apply a merge patch to the whole object."""
        key = self.key(request)
        found = self.stored(key)
        old = decode(found.body, found.revision)
        return self.update(request, merged(deep_copy(old), decode_request(request.body)))

    def let_go(self, key: Key) -> None:
        """Remove an object that is deleted and held by nothing."""
        body, revision = self.store.objects[key]
        metadata = decode(body, revision)["metadata"]
        if metadata.get("deletionTimestamp") and not metadata.get("finalizers"):
            if metadata.get("deletionGracePeriodSeconds"):
                return
            self.store.write(key, None)

    def delete(self, key: Key, options: Object) -> ApiResponse:
        """Delete an object, or let it begin to go."""
        found = self.stored(key)
        obj = decode_request(found.body)
        metadata = obj["metadata"]
        uid = field(options, "preconditions", "uid", default="")
        if uid and uid != metadata["uid"]:
            raise Conflict(key[1], key[3], "the uid in the precondition is another's", group=key[0])
        policy = options.get("propagationPolicy")
        finalizer = {"Foreground": "foregroundDeletion", "Orphan": "orphan"}.get(policy or "")
        if finalizer and finalizer not in metadata.get("finalizers", ()):
            metadata["finalizers"] = [*metadata.get("finalizers", ()), finalizer]
        bound = key[1] == "pods" and field(obj, "spec", "nodeName")
        grace = options.get("gracePeriodSeconds", 30) if bound else 0
        held = metadata.get("finalizers") or key[1] == "namespaces" or grace
        if not held:
            return super().delete(key, {})
        metadata.setdefault("deletionTimestamp", self.now())
        metadata["deletionGracePeriodSeconds"] = grace
        self.store.write(key, obj)
        return self.stored(key)


class ControlPlane(FakeCluster):
    """A cluster of fakes, with a host ``kcm`` for controllers and ``c`` for who looks on."""

    def __init__(
        self, seed: int = 0, server: type[LifecycleApiServer] = LifecycleApiServer
    ) -> None:
        self._server = server
        super().__init__(replicas=1, seed=seed)
        self.world.add_host("kcm")
        self.config = ClientConfig(replicas=self.addresses)
        self._numbers = count(1)

    def __enter__(self) -> Self:
        return self

    def _deploy(self, name: str) -> None:
        def factory() -> FakeApiServer:
            server = self.servers[name] = self._server(self.store)
            return server

        self.world.add_host(name).deploy(factory, "apiserver")
        self.addresses.append(Address(name, "apiserver"))

    def run(self, *controllers: Callable[[ControllerContext], Controller]) -> None:
        """Start controllers."""
        for each in controllers:
            name = getattr(each, "__name__", f"controller-{next(self._numbers)}")
            self.deploy(partial(each, ControllerContext(config=self.config)), name)

    def deploy(self, factory: Callable[[], Actor], name: str) -> None:
        """Start an actor on the host of the controllers."""
        self.world.hosts["kcm"].deploy(factory, name.lower())

    def call(self, work: Callable[[Client], Awaitable[ResultT]]) -> ResultT:
        """Do something as a client."""

        async def main(system: System) -> ResultT:
            return await work(Client.connect(SystemAsker(system), self.config))

        result: ResultT = self.world.call("c", main)
        return result

    def create(self, resource: str, obj: Object) -> Object:
        """Create an object; what only the apiserver writes is left out, its status is set."""

        async def work(client: Client) -> Object:
            metadata = {key: value for key, value in obj["metadata"].items()
                        if key not in {"uid", "resourceVersion"}}  # fmt: skip
            return await client.resource(resource).create({**obj, "metadata": metadata})

        return self.call(work)

    def update(self, resource: str, key: str, change: Callable[[Object], Object],
               *, status: bool = False) -> None:  # fmt: skip
        """Change an object, or its status."""

        async def work(client: Client) -> None:
            found = client.resource(resource)

            async def once() -> Object:
                wanted = change(deep_copy(self.objects(resource)[key]))
                return await (found.update_status(wanted) if status else found.update(wanted))

            await retry_on_conflict(once)

        self.call(work)

    def set(self, resource: str, key: str, value: Any, *path: str) -> None:
        """Change one field of an object."""
        self.update(resource, key, lambda obj: replaced(obj, value, *path))

    def delete(self, resource: str, key: str, **options: Any) -> None:
        """Delete an object."""

        async def work(client: Client) -> None:
            namespace, _, name = key.rpartition("/")
            await client.resource(resource).delete(name, namespace, options=options)

        self.call(work)

    def settle(self, seconds: float = 3.0) -> None:
        """Let the world go on."""
        self.world.run_for(seconds)

    def kubelet(self, *, node: str = "n1", phase: str = "Running", ready: bool = True) -> None:
        """Let every pod be on a node and as said, and those that leave be gone."""
        now = format_time(self.world.hosts["c"].machine.clock.wall_ns())
        for key, obj in list(self.store.objects.items()):
            if key[1] != "pods":
                continue
            pod = decode_request(obj[0])
            pod["spec"].setdefault("nodeName", node)
            metadata = pod["metadata"]
            if metadata.get("deletionTimestamp"):
                metadata["deletionGracePeriodSeconds"] = 0
                if not metadata.get("finalizers"):
                    self.store.write(key, None)
                    continue
            status = pod.setdefault("status", {})
            if status.get("phase", "Pending") not in {"Succeeded", "Failed"}:
                status["phase"] = phase
                number = int(metadata["uid"].rpartition("-")[2])
                status["podIP"] = f"10.0.{number // 250}.{number % 250}"
                value = "True" if ready and phase == "Running" else "False"
                conditions = [{"type": "Ready", "status": value, "lastTransitionTime": now}]
                if field(status, "conditions", default=[{}])[0].get("status") != value:
                    status["conditions"] = conditions
            if pod != decode(obj[0]):
                self.store.write(key, pod)

    def names(self, resource: str, namespace: str = "default") -> list[str]:
        """Return the names of a namespace's objects."""
        return [key.rpartition("/")[2] for key, obj in self.objects(resource).items()
                if namespace_of(obj) == namespace]  # fmt: skip
