"""One of many acts: leader election over a ``Lease`` object.

Theory of operation
===================

The holder of the Lease renews it every `retry_period` and gives up if it has not succeeded for
`renew_deadline`. Another may take it once it has seen no renewal for `lease_duration`. Both measure
with their own monotonic clocks, from events of their own: the times in the object are for people.

* The holder counts `renew_deadline` from the moment *before* it sent the renewal that succeeded.
* Another counts `lease_duration` from the moment *after* it had read that renewal, which is later.

So the holder stops before another begins, as long as no clock runs ``lease_duration /
renew_deadline`` times (1.5 with the defaults) as fast as another. Jumps of wall clocks do not
matter.

A process that was paused does not know it. What it does next would be done by a leader of the past.
Therefore a leader's client is *guarded* (`LeaderElector.client`): each write asks, in the step in
which it is sent, whether the time is up, and carries as its deadline the time that is left. So no
write is sent too late, and a server drops it when its deadline has passed. What remains, and no
Lease can promise: a write that was sent in time may be carried out later by as much as the network
took to deliver it, and a write that a server was just carrying out when its deadline passed may
still happen.

Source: client-go ``tools/leaderelection/leaderelection.go``; the guard is ours.
"""

from collections.abc import Awaitable, Callable
from math import ceil
from typing import Any, Final

import attrs

from kactors.actors.checks import above
from kactors.api.errors import AlreadyExists, ApiError, Conflict, NotFound
from kactors.api.meta import format_micro_time
from kactors.api.objects import Object, field
from kactors.client.errors import ClientError, NotLeading
from kactors.client.resources import GroupVersionResource
from kactors.client.rest import Client
from kactors.runtime import (
    CancelScope,
    cancel_scope,
    current_host,
    current_time,
    move_on_after,
    open_nursery,
    sleep,
)
from kactors.runtime.probes import declare, sometimes

__all__ = ["LEASES", "LeaderElectionConfig", "LeaderElector"]

JITTER_FACTOR: Final = 1.2
"""A pause between two tries to become the leader is stretched by up to this share of itself."""

LEASES: Final = GroupVersionResource("coordination.k8s.io", "v1", "leases")

_RELEASE_SECONDS: Final = 2.0

_LATE = "leader election: a write was not sent because the time was up"
_LOST = "leader election: a leader could not renew in time"
declare(_LATE, _LOST)


def _check_lease_duration(config: "LeaderElectionConfig", _: Any, seconds: float) -> None:
    if not seconds > config.renew_deadline:
        raise ValueError(
            f"lease_duration is {seconds!r}: give more than renew_deadline, "
            f"{config.renew_deadline} s, or two may lead"
        )


def _check_renew_deadline(config: "LeaderElectionConfig", _: Any, seconds: float) -> None:
    if not seconds > JITTER_FACTOR * config.retry_period:
        raise ValueError(
            f"renew_deadline is {seconds!r}: give more than {JITTER_FACTOR} times retry_period, "
            f"{config.retry_period} s, or one lost renewal ends a term"
        )


@attrs.frozen(kw_only=True)
class LeaderElectionConfig:
    """What is led, and the times, in seconds; the defaults are kube-controller-manager's.

    Attributes:
        name: of the Lease.
        namespace: of the Lease.
        retry_period: between two renewals, and at least between two tries to become the leader.
        renew_deadline: a leader that has not renewed for so long stops.
        lease_duration: others wait for so long after the last renewal that they have seen.
        release_on_cancel: give the Lease back when the leader ends in order, so that nobody waits.
    """

    name: str
    namespace: str = "kube-system"
    retry_period: float = attrs.field(default=2.0, validator=above(0))
    renew_deadline: float = attrs.field(default=10.0, validator=_check_renew_deadline)
    lease_duration: float = attrs.field(default=15.0, validator=_check_lease_duration)
    release_on_cancel: bool = True


class LeaderElector:
    """One candidate.

    Args:
        client: reads and writes the Lease.
        config: see there.
        identity: unique among the candidates, and among the lives of one.
        on_new_leader: told who leads whenever that has changed.

    Attributes:
        config, identity: see above.
        client: the one to act with as the leader: its writes are refused with `NotLeading` when the
            time is up.
        leader: who held the Lease when it was last looked at; empty if nobody did.
    """

    def __init__(
        self,
        client: Client,
        config: LeaderElectionConfig,
        identity: str,
        *,
        on_new_leader: Callable[[str], None] | None = None,
    ) -> None:
        self.config = config
        self.identity = identity
        self.client = client.guarded(self.remaining)
        self.leader = ""
        # Two replicas can be silent before a term is over. Source: ``NewFromKubeconfig``.
        self._leases = client.impatient(config.renew_deadline / 2).resource(LEASES)
        self._random = client.session.asker.random("leader election", config.name, identity)
        self._on_new_leader = on_new_leader
        self._observed: Object | None = None
        self._observed_at = 0.0
        self._leading = False
        self._until = 0.0  # when the term ends if it is not renewed
        self._term: CancelScope | None = None

    @property
    def leading(self) -> bool:
        """Whether it may act, now. Ask again after each ``await``."""
        return self._leading and current_time() < self._until

    def remaining(self) -> float:
        """Return for how many seconds it may act, if nothing is renewed.

        Raises:
            NotLeading: for none.
        """
        left = self._until - current_time()
        if not self._leading or left <= 0:
            sometimes(_LATE)
            raise NotLeading(
                f"{self.identity} does not lead {self.config.namespace}/{self.config.name} any "
                f"more (last seen leader: {self.leader!r}): the write was not sent"
            )
        return left

    async def run(self, lead: Callable[[], Awaitable[None]]) -> None:
        """Become the leader, however long that takes, and run ``lead()`` as long as it lasts.

        Returns when ``lead`` has returned or was cancelled because the Lease could not be renewed;
        to become the leader again, call it again.
        """
        await self._acquire()
        try:
            await self._serve_term(lead)
        finally:
            if self.leading and self.config.release_on_cancel:
                with move_on_after(_RELEASE_SECONDS, shield=True):
                    await self._release()
            self._leading = False

    # -- a term ------------------------------------------------------------------------------

    async def _acquire(self) -> None:
        while True:
            with move_on_after(self.config.renew_deadline):
                if await self._try_acquire_or_renew():
                    return
            stretch = 1.0 + JITTER_FACTOR * self._random.random()
            await sleep(self.config.retry_period * stretch)

    async def _serve_term(self, lead: Callable[[], Awaitable[None]]) -> None:
        with cancel_scope(deadline=self._until) as term:
            self._term = term
            try:
                async with open_nursery() as nursery:
                    nursery.start_soon(self._renew, name="renew the lease")
                    await lead()
                    nursery.cancel_scope.cancel("the leader has done its work")
            finally:
                self._term = None
        sometimes(_LOST, term.cancelled_caught)

    async def _renew(self) -> None:
        """Renew until somebody else holds the Lease; the term's deadline does the rest."""
        while True:
            await sleep(self.config.retry_period)
            with move_on_after(max(0.0, self._until - current_time())):
                renewed = await self._try_acquire_or_renew()
                if not renewed and self.leader not in {"", self.identity}:
                    self._until = current_time()
                    self._end_term()

    def _end_term(self) -> None:
        if self._term is not None:
            self._term.cancel("somebody else holds the lease")

    # -- the Lease ---------------------------------------------------------------------------

    async def _try_acquire_or_renew(self) -> bool:
        """Write this candidate into the Lease if that is allowed; tell whether it was."""
        sent_at = current_time()
        try:
            stored = await self._write()
        except (ApiError, ClientError):
            return False
        if stored is None:
            return False
        self._observe(stored)
        self._leading = True
        self._until = sent_at + self.config.renew_deadline
        if self._term is not None:
            self._term.deadline = self._until
        return True

    async def _write(self) -> Object | None:
        """Return the Lease with this candidate as its holder, or None if another's is valid."""
        config = self.config
        if self._leading and self._observed is not None:
            try:
                return await self._leases.update(self._renewal(self._observed))
            except (Conflict, NotFound):
                pass  # somebody has written it: look again
        try:
            found = await self._leases.get(config.name, config.namespace)
        except NotFound:
            try:
                return await self._leases.create(self._renewal(None))
            except AlreadyExists:
                return None
        self._observe(found)
        if self.leader not in {"", self.identity}:
            duration = field(found, "spec", "leaseDurationSeconds", default=config.lease_duration)
            if current_time() < self._observed_at + duration:
                return None
        return await self._leases.update(self._renewal(found))

    def _renewal(self, lease: Object | None) -> Object:
        """Return the Lease as this candidate writes it."""
        config = self.config
        now = format_micro_time(current_host().clock.wall_ns())
        spec: Object = {
            "holderIdentity": self.identity,
            "leaseDurationSeconds": ceil(config.lease_duration),
            "acquireTime": now,
            "renewTime": now,
            "leaseTransitions": 0,
        }
        metadata: Object = {"name": config.name, "namespace": config.namespace}
        if lease is not None:
            metadata = lease["metadata"]
            before: Object = lease.get("spec") or {}
            transitions = before.get("leaseTransitions") or 0
            if before.get("holderIdentity") == self.identity:
                spec["acquireTime"] = before.get("acquireTime") or now
                spec["leaseTransitions"] = transitions
            else:
                spec["leaseTransitions"] = transitions + 1
        return {
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": metadata,
            "spec": spec,
        }

    def _observe(self, lease: Object) -> None:
        """Take note of the Lease, and of the time if it has changed."""
        before = self._observed
        if before is None or before.get("spec") != lease.get("spec"):
            self._observed_at = current_time()
        self._observed = lease
        leader = field(lease, "spec", "holderIdentity", default="")
        if leader != self.leader:
            self.leader = leader
            if self._on_new_leader is not None:
                self._on_new_leader(leader)

    async def _release(self) -> None:
        """Let others take the Lease at once; if that fails, they wait a little longer."""
        assert self._observed is not None, "a leader has seen the Lease"
        self._leading = False
        lease = self._renewal(self._observed)
        lease["spec"] |= {"holderIdentity": "", "leaseDurationSeconds": 1}
        try:
            self._observe(await self._leases.update(lease))
        except (ApiError, ClientError):
            return
