"""A small apiserver in memory: enough of one to test clients with, and easy to put in trouble.

Replicas share a `FakeStore` as real ones share etcd. What is not here: admission, validation,
patches but merge patches, subresources with rules of their own.
"""

from collections.abc import Callable, Iterator

import attrs

from kactors.actors import Actor, Address, Outbox, World, serves, streams
from kactors.api.codec import decode, decode_request, encode
from kactors.api.errors import (
    AlreadyExists,
    ApiError,
    BadRequest,
    Cause,
    Conflict,
    Expired,
    NotFound,
    Timeout,
)
from kactors.api.fields import FieldSelector
from kactors.api.labels import LabelSelector
from kactors.api.meta import labels_of, name_of, namespace_of, resource_version_of, uid_of
from kactors.api.objects import Object, field
from kactors.api.requests import (
    ApiRequest,
    ApiResponse,
    ApiWatch,
    StoredObject,
    WatchBatch,
    WatchEvent,
)
from kactors.runtime import Event, current_time, move_on_after, move_on_at, sleep, sleep_forever

Key = tuple[str, str, str, str]  # group, resource, namespace, name
Body = tuple[bytes, int]  # the object, and the revision of its last change


@attrs.frozen
class Change:
    """One step of the store's history."""

    revision: int
    key: Key
    before: bytes | None
    after: bytes | None


class FakeStore:
    """Objects and their history; what etcd is to real apiservers."""

    def __init__(self) -> None:
        self.revision = 1
        self.compacted = 0
        self.history: list[Change] = []
        self.objects: dict[Key, Body] = {}
        self.changed = Event()
        self.uids = 0

    def write(self, key: Key, obj: Object | None) -> int:
        """Store an object, or remove it; return the revision."""
        before = self.objects.get(key)
        after = None if obj is None else encode(obj)
        self.revision += 1
        self.history.append(
            Change(self.revision, key, None if before is None else before[0], after)
        )
        if after is None:
            del self.objects[key]
        else:
            self.objects[key] = (after, self.revision)
        self.wake()
        return self.revision

    def wake(self) -> None:
        """Let whoever waits for a change look."""
        changed, self.changed = self.changed, Event()
        changed.set()

    def compact(self, revision: int | None = None) -> None:
        """Forget the history up to a revision, or all of it."""
        self.compacted = self.revision if revision is None else revision
        self.history = [change for change in self.history if change.revision > self.compacted]

    def at(self, revision: int) -> dict[Key, Body]:
        """Return the objects as they were at a revision."""
        if revision < self.compacted:
            raise Expired("The provided continue parameter is too old")
        found = dict(self.objects)
        for change in reversed(self.history):
            if change.revision <= revision:
                break
            if change.before is None:
                found.pop(change.key, None)
            else:
                found[change.key] = (change.before, self._written(change.key, change.revision))
        return found

    def _written(self, key: Key, before: int) -> int:
        """Return when the state of a key that ended at ``before`` began."""
        past = (change.revision for change in reversed(self.history)
                if change.key == key and change.revision < before)  # fmt: skip
        return next(past, self.compacted)


@attrs.frozen
class Selector:
    """What a request asks for."""

    group: str
    resource: str
    namespace: str
    labels: LabelSelector
    fields: FieldSelector

    @classmethod
    def of(cls, request: ApiRequest | ApiWatch) -> "Selector":
        """Return that of a request."""
        query = request.query
        return cls(
            request.group,
            request.resource,
            request.namespace,
            LabelSelector.parse(query.get("labelSelector", "")),
            FieldSelector.parse(query.get("fieldSelector", "")),
        )

    def covers(self, key: Key) -> bool:
        """Tell whether a key is of this resource and namespace."""
        return key[:2] == (self.group, self.resource) and self.namespace in {"", key[2]}

    def matches(self, body: bytes | None) -> bool:
        """Tell whether an object is selected."""
        if body is None:
            return False
        obj = decode(body)
        return self.labels.matches(labels_of(obj)) and all(
            (str(field(obj, *term.field.split("."), default="")) == term.value) == term.equal
            for term in self.fields.terms
        )

    def event(self, change: Change) -> WatchEvent | None:
        """Return what a watcher is told about a change."""
        if not self.covers(change.key):
            return None
        was, is_ = self.matches(change.before), self.matches(change.after)
        if is_:
            assert change.after is not None
            return WatchEvent("MODIFIED" if was else "ADDED", change.after, change.revision)
        if was:
            assert change.before is not None
            return WatchEvent("DELETED", change.before, change.revision)
        return None


Trouble = Callable[[ApiRequest], ApiError | None]


class FakeApiServer(Actor):
    """One replica.

    Attributes:
        requests: what was asked of it, in order.
        before: asked before each request is carried out: returns the error to answer instead.
        swallow: whether a request shall be carried out and never answered.
        lag: how many revisions its cache is behind.
        floor: changes up to this revision are not remembered, as where a replica has just begun.
        bookmark_seconds: how often watches are told how far they have come.
    """

    def __init__(self, store: FakeStore) -> None:
        self.store = store
        self.requests: list[ApiRequest] = []
        self.watches = 0
        self.before: Trouble = lambda _: None
        self.swallow: Callable[[ApiRequest], bool] = lambda _: False
        self.lag = 0
        self.floor = 0
        self.bookmark_seconds = 5.0
        self.cut = Event()

    def cut_watches(self) -> None:
        """End all watches as a shutdown does."""
        cut, self.cut = self.cut, Event()
        cut.set()

    @serves
    async def serve(self, request: ApiRequest) -> ApiResponse:
        """Carry out a request."""
        self.requests.append(request)
        try:
            trouble = self.before(request)
            if trouble is not None:
                raise trouble
            response = await self.carry_out(request)
        except ApiError as error:
            return ApiResponse(code=error.code, body=encode(error.status()))
        if self.swallow(request):
            await sleep_forever()
        return response

    async def carry_out(self, request: ApiRequest) -> ApiResponse:
        """Return the answer."""
        match request.verb:
            case "list":
                return await self.list(request)
            case "get":
                await self.seen(request)
                return self.stored(self.key(request), self.state(request))
            case "create" if not request.subresource:
                return self.create(request)
            case "update":
                return self.update(request, decode_request(request.body))
            case "patch":
                return self.patch(request)
            case "delete":
                return self.delete(self.key(request), decode_request(request.body))
            case "deletecollection":
                selector = Selector.of(request)
                for key in self.selected(selector, self.store.objects):
                    self.store.write(key, None)
                return ApiResponse(code=200, revision=self.store.revision)
        raise BadRequest(f"the fake does not know {request.verb} {request.subresource}")

    # -- reading -----------------------------------------------------------------------------

    async def seen(self, request: ApiRequest) -> None:
        """Wait until the cache shows the revision that is asked for."""
        wanted = int(request.query.get("resourceVersion") or 0)
        end = current_time() + 3.0
        while wanted > self.store.revision - self.lag:
            if current_time() >= end:
                raise Timeout(
                    "Too large resource version",
                    retry_after_s=1,
                    causes=(Cause("ResourceVersionTooLarge", "Too large resource version"),),
                )
            with move_on_at(end):
                await self.store.changed.wait()

    def state(self, request: ApiRequest) -> dict[Key, Body]:
        """Return what is read: the cache, or the latest."""
        if self.lag and "resourceVersion" in request.query:
            return self.store.at(self.store.revision - self.lag)
        return self.store.objects

    def selected(self, selector: Selector, state: dict[Key, Body]) -> Iterator[Key]:
        """Return the keys that are selected, in order."""
        keys = sorted(key for key in state if selector.covers(key))
        return iter([key for key in keys if selector.matches(state[key][0])])

    async def list(self, request: ApiRequest) -> ApiResponse:
        """Answer a list, in pages."""
        after: tuple[str, ...] = ()
        if token := request.query.get("continue"):
            text, *rest = token.split("|")
            revision, after = int(text), tuple(rest)
            state = self.store.at(revision)
        else:
            await self.seen(request)
            state = self.state(request)
            lagging = self.lag and "resourceVersion" in request.query
            revision = self.store.revision - (self.lag if lagging else 0)
        keys = [key for key in self.selected(Selector.of(request), state) if key[2:] > after]
        limit = int(request.query.get("limit") or 0) or len(keys)
        page, rest_of = keys[:limit], keys[limit:]
        return ApiResponse(
            code=200,
            revision=revision,
            items=tuple(StoredObject(*state[key]) for key in page),
            continue_token=f"{revision}|{page[-1][2]}|{page[-1][3]}" if rest_of else "",
            remaining=len(rest_of) or None,
        )

    @streams
    async def tell(self, request: ApiWatch, out: Outbox[WatchBatch]) -> None:
        """Tell what happens after a revision."""
        self.watches += 1
        cut = self.cut
        selector = Selector.of(request)
        at = int(request.query.get("resourceVersion") or self.store.revision)
        seconds = float(request.query.get("timeoutSeconds") or 300)
        with move_on_after(seconds):
            while not cut.is_set():
                if at < max(self.store.compacted, self.floor):
                    gone = encode(Expired(f"too old resource version: {at}").status())
                    await out.send(WatchBatch((WatchEvent("ERROR", gone, 0),)))
                    return
                horizon = self.store.revision - self.lag
                changes = [each for each in self.store.history if at < each.revision <= horizon]
                events = [event for each in changes if (event := selector.event(each))]
                at = max(at, horizon)
                if events:
                    await out.send(WatchBatch(tuple(events)))
                elif not changes:
                    changed = self.store.changed
                    with move_on_after(self.bookmark_seconds) as quiet:
                        await changed.wait()
                    if quiet.cancelled_caught and at > 0 and not cut.is_set():
                        mark = encode({"kind": "Bookmark", "apiVersion": "v1", "metadata": {}})
                        await out.send(WatchBatch((WatchEvent("BOOKMARK", mark, at),)))

    # -- writing -----------------------------------------------------------------------------

    def key(self, request: ApiRequest) -> Key:
        """Return the key that a request names."""
        return request.group, request.resource, request.namespace, request.name

    def stored(self, key: Key, state: dict[Key, Body] | None = None) -> ApiResponse:
        """Answer with an object."""
        found = (self.store.objects if state is None else state).get(key)
        if found is None:
            raise NotFound(key[1], key[3], group=key[0])
        return ApiResponse(code=200, body=found[0], revision=found[1])

    def create(self, request: ApiRequest) -> ApiResponse:
        """Create an object."""
        obj = decode_request(request.body)
        metadata: Object = obj.setdefault("metadata", {})
        self.store.uids += 1
        if not metadata.get("name"):
            metadata["name"] = f"{metadata['generateName']}{self.store.uids}"
        key = (request.group, request.resource, namespace_of(obj), name_of(obj))
        if key in self.store.objects:
            raise AlreadyExists(request.resource, name_of(obj), group=request.group)
        metadata["uid"] = f"uid-{self.store.uids}"
        self.store.write(key, obj)
        return self.stored(key)

    def update(self, request: ApiRequest, obj: Object) -> ApiResponse:
        """Replace an object."""
        key = self.key(request)
        found = self.stored(key)
        version = resource_version_of(obj)
        if version and version != str(found.revision):
            raise Conflict(key[1], key[3], group=key[0])
        obj["metadata"]["uid"] = uid_of(decode(found.body))
        if encode(obj) != found.body:
            self.store.write(key, obj)
        return self.stored(key)

    def patch(self, request: ApiRequest) -> ApiResponse:
        """Change the upper two levels of an object, as a merge patch does."""
        key = self.key(request)
        obj = decode_request(self.stored(key).body)
        for name, value in decode_request(request.body).items():
            both = isinstance(value, dict) and isinstance(obj.get(name), dict)
            obj[name] = {**obj[name], **value} if both else value
        self.store.write(key, obj)
        return self.stored(key)

    def delete(self, key: Key, options: Object) -> ApiResponse:
        """Remove an object."""
        found = self.stored(key)
        uid = field(options, "preconditions", "uid", default="")
        if uid and uid != uid_of(decode(found.body)):
            raise Conflict(key[1], key[3], "the uid in the precondition is another's", group=key[0])
        revision = self.store.write(key, None)
        return ApiResponse(code=200, body=found.body, revision=revision)


class FakeCluster:
    """Replicas on hosts ``api-1``, ``api-2``, ... in a simulated world, and a host for clients.

    Attributes:
        world: where they are.
        store: what they share; survives them.
        servers: the present life of each replica, by host.
    """

    def __init__(self, replicas: int = 3, seed: int = 0) -> None:
        self.world = World(seed)
        self.store = FakeStore()
        self.servers: dict[str, FakeApiServer] = {}
        self.addresses: list[Address] = []
        for number in range(1, replicas + 1):
            self._deploy(f"api-{number}")
        self.world.add_host("c")
        self.world.run_for(0.1)

    def _deploy(self, name: str) -> None:
        def factory() -> FakeApiServer:
            server = self.servers[name] = FakeApiServer(self.store)
            return server

        self.world.add_host(name).deploy(factory, "apiserver")
        self.addresses.append(Address(name, "apiserver"))

    def __enter__(self) -> "FakeCluster":
        return self

    def __exit__(self, *problem: object) -> None:
        self.world.close()

    @property
    def all(self) -> list[FakeApiServer]:
        """The present lives."""
        return list(self.servers.values())

    def objects(self, resource: str) -> dict[str, Object]:
        """Return what the store holds of a resource, by key."""
        return {
            f"{key[2]}/{key[3]}" if key[2] else key[3]: decode(body, revision)
            for key, (body, revision) in sorted(self.store.objects.items())
            if key[1] == resource
        }


async def until(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    """Wait until a condition holds.

    Raises:
        AssertionError: it does not, for too long.
    """
    end = current_time() + seconds
    while not condition():
        assert current_time() < end, f"{condition} has not come true within {seconds} s"
        await sleep(0.01)
