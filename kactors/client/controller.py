"""An actor that makes the world like the objects: caches, a queue of keys, a few workers.

A controller is written as one function from a key to what shall be done about it. It reads its
caches and writes through its client; it never sees an event, so an event that was missed, repeated
or late cannot change what it decides. What it does must therefore be right however often, and
however late, it is done.

Source: controller-runtime ``pkg/internal/controller/controller.go``; kubernetes
``pkg/controller/replicaset/replica_set.go`` for the shape that is older.
"""

from collections.abc import Callable, Iterable
from typing import ClassVar

import attrs

from kactors.actors import Actor, serves
from kactors.actors.request import Request
from kactors.api.errors import ApiError
from kactors.api.fields import FieldSelector
from kactors.api.labels import LabelSelector
from kactors.api.meta import key_of, namespace_of, owner_of_controller
from kactors.api.objects import Object
from kactors.client.config import ClientConfig
from kactors.client.errors import ClientError, TerminalError
from kactors.client.events import EventRecorder
from kactors.client.indexer import BY_CONTROLLER, IndexFunction, index_by_controller
from kactors.client.informer import Registration, ResourceEventHandler, SharedInformer
from kactors.client.informer_factory import SharedInformerFactory
from kactors.client.leader_election import LeaderElectionConfig, LeaderElector
from kactors.client.rate_limiter import RateLimiter, default_controller_rate_limiter
from kactors.client.resources import GroupVersionResource
from kactors.client.rest import Client
from kactors.client.session import Guard
from kactors.client.workqueue import WorkQueue
from kactors.runtime import cancelled_class, open_nursery
from kactors.wire import message

__all__ = ["Controller", "ControllerContext", "ControllerReport", "InspectController"]

KeysOf = Callable[[Object], Iterable[str]]
"""Returns the keys that have to be looked at when an object has changed."""


@attrs.frozen(kw_only=True)
class ControllerContext:
    """What a controller is given by whoever starts it.

    Attributes:
        config: where the apiservers are and who this controller is.
        election: if only one of several shall act.
        informers: shared with others in the same process; its own unless given.
        guard: asked before each write, if somebody else leads for it.
    """

    config: ClientConfig
    election: LeaderElectionConfig | None = None
    informers: SharedInformerFactory | None = None
    guard: Guard | None = None


@message("client.controller-report")
class ControllerReport:
    """What a controller waits for.

    Attributes:
        state: ``waiting for caches``, ``waiting to lead`` or ``working``.
        unsynced: resources whose initial list is not there, each with the last problem.
        leader: who leads, if there is an election.
        queued, delayed, processing: keys.
        retries: how often a key was to be tried again.
        failing: keys that have failed last time, each with the problem.
    """

    state: str
    unsynced: dict[str, str]
    leader: str
    queued: int
    delayed: int
    processing: int
    retries: int
    failing: dict[str, str]


@message("client.inspect-controller")
class InspectController(Request[ControllerReport]):
    """Asks a controller what it waits for."""


class Controller(Actor):
    """Base of all controllers; see the guide.

    Subclasses override `setup` and `reconcile`.

    Attributes:
        workers: how many keys are worked on at the same time.
        component: the name under which it tells events; that of the actor, unless given.
        client: to write with; while another leads its writes are refused with `NotLeading`.
        informers: to read from.
        recorder: to tell people.
        queue: the keys that have to be looked at.
        elector: `None` if there is no election.
    """

    workers: ClassVar[int] = 5
    component: ClassVar[str] = ""

    client: Client
    informers: SharedInformerFactory
    recorder: EventRecorder
    queue: WorkQueue[str]
    elector: LeaderElector | None = None

    def __init__(self, context: ControllerContext) -> None:
        self._context = context
        self._state = "waiting for caches"
        self._observed: list[SharedInformer] = []
        self._registrations: list[Registration] = []
        self._failing: dict[str, str] = {}

    # -- to be overridden --------------------------------------------------------------------

    def setup(self) -> None:
        """Say what is looked at: `reconciles`, `owns`, `observes`."""

    async def reconcile(self, key: str) -> float | None:
        """Bring the world nearer to what the object of this key wants.

        Returns:
            In how many seconds to look again, even if nothing changes; ``None`` if that is enough.

        Raises:
            TerminalError: it is no use to try again.
            ApiError, ClientError: try again later. Anything else is a bug, and ends this life.
        """
        raise AssertionError(f"{type(self).__name__} does not say what is to be done for {key!r}")

    def on_leading(self) -> None:
        """Forget what was true in an earlier term only, such as expectations."""

    def rate_limiter(self) -> RateLimiter[str]:
        """Return what decides when a key that has failed is tried again."""
        return default_controller_rate_limiter()

    # -- what is looked at -------------------------------------------------------------------

    def reconciles(
        self, resource: GroupVersionResource | str, namespace: str = ""
    ) -> SharedInformer:
        """Look at each object of a resource whenever it changes; return the copy."""
        return self.observes(resource, lambda obj: (key_of(obj),), namespace)

    def owns(
        self, resource: GroupVersionResource | str, owner_kind: str, namespace: str = ""
    ) -> SharedInformer:
        """Look at the controller of an object of a resource whenever that changes.

        Args:
            resource: of what is owned.
            owner_kind: of the owner; owners of other kinds are others' business.
            namespace: empty for all.
        """

        def keys(obj: Object) -> Iterable[str]:
            owner = owner_of_controller(obj)
            if owner is None or owner["kind"] != owner_kind:
                return ()
            owner_namespace = namespace_of(obj)
            return (f"{owner_namespace}/{owner['name']}" if owner_namespace else owner["name"],)

        return self.observes(resource, keys, namespace, {BY_CONTROLLER: index_by_controller})

    def observes(
        self,
        resource: GroupVersionResource | str,
        keys: KeysOf,
        namespace: str = "",
        indexes: dict[str, IndexFunction] | None = None,
        *,
        label_selector: LabelSelector | str = "",
        field_selector: FieldSelector | str = "",
        batch_seconds: float = 0.0,
    ) -> SharedInformer:
        """Look at ``keys(object)`` whenever an object changes; before and after the change.

        With ``batch_seconds`` a key is looked at so much later, once for all that happened to it
        until then.
        """
        informer = self.informers.informer(
            resource,
            namespace,
            label_selector=label_selector,
            field_selector=field_selector,
            indexes=indexes,
        )
        self._observed.append(informer)
        self.listen(informer, _Enqueue(self.queue, keys, batch_seconds))
        return informer

    def listen(
        self,
        informer: SharedInformer,
        handler: ResourceEventHandler,
        *,
        resync_period: float = 0.0,
    ) -> None:
        """Have a handler told what changes, until this life ends."""
        registration = informer.add_handler(handler, resync_period=resync_period)
        self._registrations.append(registration)

    # -- the works ---------------------------------------------------------------------------

    async def on_start(self) -> None:
        """Put everything together and begin; nothing is awaited."""
        context = self._context
        shared = context.informers
        beside = None if shared is None else shared.client
        client = Client.connect(self, context.config, beside=beside)
        self.informers = shared or SharedInformerFactory(client, self.start_soon)
        self.recorder = EventRecorder(client, self.component or self.name)
        self.queue = WorkQueue(self.rate_limiter(), name=self.name)
        self.client = client if context.guard is None else client.guarded(context.guard)
        if context.election is not None:
            identity = f"{self.host.name}_{self.name}_{self.host.incarnation}.{self.life.number}"
            self.elector = LeaderElector(client, context.election, identity)
            self.client = self.elector.client
        self.setup()
        self.start_soon(self.recorder.run, name="events")
        self.start_soon(self._run, name="controller")

    async def _run(self) -> None:
        try:
            while True:
                for informer in self._observed:
                    await informer.wait_for_sync()
                if self.elector is None:
                    await self._work()
                else:
                    self._state = "waiting to lead"
                    await self.elector.run(self._work)
        finally:
            for registration in self._registrations:
                registration.remove()  # the informers may be others' and live on

    async def _work(self) -> None:
        self._state = "working"
        self.on_leading()
        async with open_nursery() as nursery:
            for number in range(self.workers):
                nursery.start_soon(self._worker, name=f"worker {number}")

    async def _worker(self) -> None:
        while True:
            key = await self.queue.get()
            try:
                await self._reconcile(key)
            except cancelled_class():
                self.queue.add(key)  # who works on it next finds out what was done
                raise
            finally:
                self.queue.done(key)

    async def _reconcile(self, key: str) -> None:
        queue = self.queue
        try:
            seconds = await self.reconcile(key)
        except TerminalError as problem:
            self._failing[key] = str(problem)
            queue.forget(key)
        except (ApiError, ClientError) as problem:
            self._failing[key] = str(problem)
            queue.add_rate_limited(key)
        else:
            self._failing.pop(key, None)
            queue.forget(key)
            if seconds is not None:
                queue.add_after(key, seconds)

    @serves
    def inspect(self, request: InspectController) -> ControllerReport:
        """Tell what it waits for."""
        del request
        seen = self.queue.statistics
        return ControllerReport(
            state=self._state,
            unsynced=self.informers.unsynced(),
            leader="" if self.elector is None else self.elector.leader,
            queued=seen.depth,
            delayed=seen.delayed,
            processing=seen.processing,
            retries=seen.retries,
            failing=dict(self._failing),
        )


@attrs.frozen
class _Enqueue:
    """Puts keys into a queue, whatever happens to an object."""

    queue: WorkQueue[str]
    keys: KeysOf
    batch_seconds: float

    def on_add(self, obj: Object, *, is_in_initial_list: bool) -> None:
        """Look at it."""
        del is_in_initial_list
        for key in self.keys(obj):
            self.queue.add_after(key, self.batch_seconds)

    def on_update(self, old: Object, new: Object) -> None:
        """Look at what it belongs to now, and to what it did before."""
        for key in (*self.keys(old), *self.keys(new)):
            self.queue.add_after(key, self.batch_seconds)

    def on_delete(self, obj: Object, *, final_state_unknown: bool) -> None:
        """Look at what misses it."""
        del final_state_unknown
        for key in self.keys(obj):
            self.queue.add_after(key, self.batch_seconds)
