"""Who uses a cluster meanwhile: programs that call its Services, and clients of its API.

Both are values in a scenario; what they did is recorded and judged: calls by goals, what clients of
the API were answered by the oracle of linearizability.
"""

from collections.abc import Awaitable, Iterable
from typing import Final

import attrs

from kactors.actors.checks import above, at_least
from kactors.api.errors import AlreadyExists, ApiError, Conflict
from kactors.api.objects import Object, field
from kactors.checking.actions import Action, Cas, Get, Put
from kactors.checking.operation import Operation
from kactors.client.errors import ClientError, OutcomeUnknown
from kactors.client.resource_client import ResourceClient
from kactors.cluster.simulated import ADMIN_HOST, SimulatedCluster
from kactors.faults.printing import as_call
from kactors.runtime import Random, current_time_ns, sleep
from kactors.runtime.random import stream

__all__ = ["ApiClients", "ApiLoad", "Calls"]

_NAMESPACE: Final = "default"
#: Of ten operations so many are reads, and so many writes whatever is there.
_READS: Final = 5
_PUTS: Final = 3


def _names(given: Iterable[str]) -> tuple[str, ...]:
    return tuple(given)


@attrs.frozen(repr=False)
class Calls:
    """Programs that call a Service by its name, each at a steady rate.

    Attributes:
        service: its name, as a program would say it: ``web``, or ``web.default``.
        hosts: the nodes on which they are; one on each unless given.
        port: of the Service.
        period_s: between two calls of each, drawn from half to one and a half of it.
        timeout_s: how long each waits.
    """

    service: str
    hosts: tuple[str, ...] = attrs.field(default=(), converter=_names)
    port: int = attrs.field(default=80, kw_only=True)
    period_s: float = attrs.field(default=1.0, kw_only=True, validator=above(0))
    timeout_s: float = attrs.field(default=2.0, kw_only=True, validator=above(0))

    def __repr__(self) -> str:
        return as_call(self)


@attrs.frozen(repr=False)
class ApiClients:
    """Clients that read and write ConfigMaps, each one operation at a time.

    Attributes:
        count: of clients; 0 for none.
        keys: how many ConfigMaps they share.
        period_s: between two operations of each, drawn from half to one and a half of it.
        timeout_s: how long each waits for an answer.
    """

    count: int = attrs.field(default=3, validator=at_least(0))
    keys: int = attrs.field(default=4, kw_only=True, validator=at_least(1))
    period_s: float = attrs.field(default=0.5, kw_only=True, validator=above(0))
    timeout_s: float = attrs.field(default=8.0, kw_only=True, validator=above(0))

    def __repr__(self) -> str:
        return as_call(self)


class ApiLoad:
    """What the clients of the API do in one run.

    Args:
        cluster: whose apiservers they ask.
        clients: how many, and how often.
        seed: of the run.
        operations: takes those that have ended, in the order of their ends.
    """

    def __init__(
        self,
        cluster: SimulatedCluster,
        clients: ApiClients,
        seed: int,
        operations: list[Operation],
    ) -> None:
        self._operations = operations
        self._cluster = cluster
        self._clients = clients
        self._seed = seed
        self._stopped = False
        self._under_way: dict[str, Operation] = {}

    def start(self) -> None:
        """Let them begin, now."""
        machine = self._cluster.world.hosts[ADMIN_HOST].machine
        for number in range(self._clients.count):
            machine.spawn(self._live, number, name=f"client {number} of the API")

    def stop(self) -> None:
        """Let nobody begin anything any more; nobody knows what becomes of what is under way."""
        self._stopped = True
        for begun in self._under_way.values():
            self._operations.append(begun)
        self._under_way.clear()

    async def _live(self, number: int) -> None:
        clients = self._clients
        asker = self._cluster.client(timeout=clients.timeout_s)
        maps = asker.resource("configmaps")
        chance = stream(self._seed, "api client", number)
        client = _Client(f"client-{number}", maps, chance, self._operations, self._under_way)
        await sleep(clients.period_s * chance.random())
        while not self._stopped:
            await client.act(f"history-{chance.below(clients.keys)}")
            await sleep(clients.period_s * (0.5 + chance.random()))


class _Client:
    """One client; every value that it writes is written once in a run."""

    def __init__(
        self,
        name: str,
        maps: ResourceClient,
        chance: Random,
        operations: list[Operation],
        under_way: dict[str, Operation],
    ) -> None:
        self._under_way = under_way
        self._name = name
        self._maps = maps
        self._chance = chance
        self._operations = operations
        self._count = 0
        #: What it read last of each key: value and resource version.
        self._read: dict[str, tuple[str | None, str]] = {}

    async def act(self, key: str) -> None:
        """Do one operation and take note of it."""
        draw = self._chance.below(10)
        read = self._read.get(key)
        if draw < _READS or read is None:
            await self._get(key)
        elif draw < _READS + _PUTS and read[1]:
            await self._put(key)
        else:
            await self._cas(key, *read)

    async def _get(self, key: str) -> None:
        begun = current_time_ns()
        try:
            found = await self._maps.get(key, _NAMESPACE)
            read = (field(found, "data", "value"), found["metadata"]["resourceVersion"])
        except ApiError as refused:
            if refused.code != 404:
                self._note(Get(key), begun, error=str(refused))
                return
            read = (None, "")
        except ClientError as problem:
            self._note(Get(key), begun, error=str(problem))
            return
        self._read[key] = read
        self._note(Get(key), begun, result=read[0])

    async def _put(self, key: str) -> None:
        """Replace whatever is there; it was once created, and nobody deletes it."""
        value = self._value()
        await self._write(Put(key, value), self._maps.update(_map(key, value)))

    async def _cas(self, key: str, value: str | None, version: str) -> None:
        new = self._value()
        wanted = _map(key, new)
        if version:
            wanted["metadata"]["resourceVersion"] = version
            work = self._maps.update(wanted)
        else:
            work = self._maps.create(wanted)
        await self._write(Cas(key, value, new), work)

    async def _write(self, action: Action, work: Awaitable[Object]) -> None:
        begun = current_time_ns()
        swapped = isinstance(action, Cas)
        unknown = Operation(client=self._name, action=action, call_ns=begun, return_ns=None)
        self._under_way[self._name] = unknown
        try:
            await work
        except (Conflict, AlreadyExists) as refused:
            if swapped:
                self._note(action, begun, result=False)
            else:
                self._note(action, begun, error=str(refused))
        except OutcomeUnknown:
            self._end(unknown)
        except (ApiError, ClientError) as refused:
            self._note(action, begun, error=str(refused))
        else:
            self._note(action, begun, result=True if swapped else None)

    def _note(
        self, action: Action, begun: int, *, result: object = None, error: str | None = None
    ) -> None:
        done = Operation(
            client=self._name,
            action=action,
            result=result,
            call_ns=begun,
            return_ns=current_time_ns(),
            error=error,
        )
        self._end(done)

    def _end(self, done: Operation) -> None:
        """Take note of what has ended, unless it was counted among what had not."""
        write = self._under_way.pop(self._name, None)
        if write is not None or isinstance(done.action, Get):
            self._operations.append(done)

    def _value(self) -> str:
        self._count += 1
        return f"{self._name}/{self._count}"


def _map(key: str, value: str) -> Object:
    metadata = {"name": key, "namespace": _NAMESPACE}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"value": value}}
