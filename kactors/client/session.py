"""One request to the apiservers: to which, how often, and what may be repeated.

Theory of operation
===================

What comes back belongs to one of four groups:

* an answer, or a refusal that every replica would give: that is the result;
* *not carried out*: the replica was not there or not running, or said 429 or 503 and when to come
  back. Reads and writes are sent again, elsewhere if the replica is at fault;
* *unknown*: no answer in time, the replica ended, or said 500 or 504. A read is repeated elsewhere.
  A write is not: it may have happened, and repeating it could undo what others did since;
* the time is up.

Two things may go beside a request, and end with it (`_accompanied`):

* probes of suspect replicas whose pause is over, see `kactors.client.balancer`: a read that any
  replica answers from memory, and that tells by any answer, a refusal too, that it serves;
* a second copy of a read, to another replica, if the one that it was sent to keeps silent. Only a
  replica that was not heard of right before is looked at so, for this costs a task for each read.
  The first answer counts; nothing is cut short, so a read that takes long is no worse off.

Source: client-go ``rest/request.go`` and ``rest/with_retry.go`` for what is repeated; that a write
whose fate nobody knows is an error of its own is ours.
"""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final, TypeAlias

import attrs

from kactors.actors.errors import (
    NoSuchActorError,
    NotRunningError,
    OverloadedError,
    RequestError,
    UnhandledError,
    UnreadableError,
)
from kactors.api.codec import decode
from kactors.api.errors import ApiError, from_status
from kactors.api.requests import ApiRequest, ApiResponse
from kactors.client.backoff import Backoff
from kactors.client.balancer import Attempt, Balancer, Probe
from kactors.client.config import Asker, ClientConfig
from kactors.client.connection import MOMENT
from kactors.client.errors import OutcomeUnknown, Unavailable
from kactors.errors import KactorsError
from kactors.runtime import cancelled_class, current_time, open_nursery, sleep

__all__ = ["Guard", "Session"]

Guard = Callable[[], float]
"""Asked right before a write leaves: for how many seconds may it be carried out? May raise."""

_Settle: TypeAlias = Callable[[ApiResponse | Exception], None]
_Companion: TypeAlias = Callable[[_Settle], Awaitable[None]]

READS: Final = frozenset({"get", "list", "watch"})

#: Errors after which it is certain that nothing was done.
_NOT_CARRIED_OUT: Final = (
    NoSuchActorError,
    NotRunningError,
    OverloadedError,
    UnhandledError,
    UnreadableError,
)
#: Codes with which an apiserver says that it does not know what became of a write.
_UNKNOWN_CODES: Final = (500, 502, 504)
_PAUSE_FIRST: Final = 0.05
_PAUSE_LONGEST: Final = 1.0
#: Of a read that is answered without asking the store.
_BY_HEART: Final = {"resourceVersion": "0"}


class Session:
    """The way from one client to the apiservers; may be shared by all that a program does.

    Args:
        asker: who asks.
        config: whom, and how patiently.
        balancer: which replica is asked; a new one unless given.

    Attributes:
        asker, config, balancer: see above.
    """

    def __init__(
        self, asker: Asker, config: ClientConfig, balancer: Balancer | None = None
    ) -> None:
        self.asker = asker
        self.config = config
        self.balancer = balancer or Balancer(
            config.replicas,
            asker.random("client", "balancer"),
            silence=config.silence,
            ping=config.ping,
        )
        self._jitter = asker.random("client", "retries")

    def impatient(self, seconds: float) -> "Session":
        """Return a session for calls that take at most so long, with half as long per replica."""
        config = attrs.evolve(
            self.config, timeout=seconds, read_timeout=seconds / 2, write_timeout=seconds / 2
        )
        return Session(self.asker, config, self.balancer)

    async def call(self, request: ApiRequest, guard: Guard | None = None) -> ApiResponse:
        """Send a request, and again as long as that is safe and there is time.

        Args:
            request: what to ask.
            guard: asked before each sending, if it is a write.

        Raises:
            ApiError: it was refused.
            OutcomeUnknown: it is a write, and may have been carried out.
            Unavailable: nobody has served it in time; nothing was carried out.
        """
        config = self.config
        reads = request.verb in READS
        end = current_time() + config.timeout
        backoff: Backoff | None = None
        problem: Exception | None = None
        while (left := end - current_time()) > MOMENT:
            patience = min(left, config.read_timeout if reads else config.write_timeout)
            if guard is not None and not reads:
                patience = min(patience, guard())
            attempt = self.balancer.begin()
            try:
                return await self._send(attempt, request, patience, reads=reads)
            except _Again as again:
                pause = again.pause
                if isinstance(again.problem, ApiError) or not isinstance(problem, ApiError):
                    problem = again.problem  # what an apiserver says tells more than silence
            if self.balancer.all_suspected():
                backoff = backoff or Backoff(self._jitter, _PAUSE_FIRST, _PAUSE_LONGEST)
                pause = max(pause, backoff.next())
            if pause >= end - current_time():
                break
            if pause:
                await sleep(pause)
        if isinstance(problem, ApiError):
            raise problem
        raise Unavailable(
            f"{_name(request)}: nobody has served it within {config.timeout:g} s; "
            f"the last problem: {problem}"
        ) from problem

    async def _send(
        self, attempt: Attempt, request: ApiRequest, patience: float, *, reads: bool
    ) -> ApiResponse:
        """Send once, and what goes beside it. Raises: as `_attempt`."""
        send = partial(self._attempt, attempt, request, patience, reads=reads)
        beside: list[_Companion] = [
            partial(self._probe, probe) for probe in self.balancer.probes(attempt)
        ]
        if reads and attempt.unheard:
            beside.append(partial(self._send_copy, attempt, request, patience))
        return await (_accompanied(send, beside) if beside else send())

    async def _probe(self, probe: Probe, _: _Settle) -> None:
        """Ask a suspect replica for something that it knows by heart."""
        question = ApiRequest(
            verb="get",
            group="",
            version="v1",
            resource="namespaces",
            name="default",
            query=_BY_HEART,
            token=self.config.token(),
        )
        patience = self.balancer.silence
        try:
            response = await self.asker.request(probe.address, question, timeout=patience)
        except KactorsError:
            return
        if response.code < 500:
            probe.passed()

    async def _send_copy(
        self, first: Attempt, request: ApiRequest, patience: float, settle: _Settle
    ) -> None:
        """Send a read once more, to another replica, if the first keeps silent for too long."""
        while (seconds := first.silent_in) > MOMENT:
            await sleep(seconds)
        if self.balancer.all_suspected():
            return
        second = self.balancer.begin()
        try:
            settle(await self._attempt(second, request, patience, reads=True))
        except _Again:
            return
        except KactorsError as refusal:
            settle(refusal)

    async def _attempt(
        self, attempt: Attempt, request: ApiRequest, patience: float, *, reads: bool
    ) -> ApiResponse:
        """Send once.

        Raises:
            _Again: it may be sent again.
            ApiError, OutcomeUnknown: it may not.
        """
        try:
            response = await self.asker.request(attempt.address, request, timeout=patience)
        except _NOT_CARRIED_OUT as problem:
            attempt.failed()
            raise _Again(problem) from problem
        except RequestError as problem:
            attempt.failed()
            if reads:
                raise _Again(problem) from problem
            raise _unknown(request, attempt, problem) from problem
        except cancelled_class():
            attempt.given_up()
            raise
        finally:
            attempt.abandoned()
        if response.code < 400:
            attempt.answered()
            return response
        error = from_status(decode(response.body))
        faulty = error.code == 503 or error.code in _UNKNOWN_CODES
        if faulty:  # also if a write may not be repeated: those that follow fare better elsewhere
            attempt.failed()
        else:
            attempt.answered()
        if error.code == 429 and error.retry_after_s:
            raise _Again(error, pause=float(error.retry_after_s))
        if faulty and (reads or (error.code == 503 and error.retry_after_s)):
            raise _Again(error)
        if error.code in _UNKNOWN_CODES:
            raise _unknown(request, attempt, error)
        raise error


class _Again(Exception):  # control flow within this module; never seen outside
    """Nothing was carried out, or nothing that could be: the request may be sent again."""

    def __init__(self, problem: Exception, *, pause: float = 0.0) -> None:
        super().__init__(problem)
        self.problem = problem
        self.pause = pause


async def _accompanied(
    work: Callable[[], Awaitable[ApiResponse]], companions: list[_Companion]
) -> ApiResponse:
    """Return what ``work`` does; beside it run others, which end with it, or settle it before.

    Raises: as ``work``, not in a group.
    """
    results: list[ApiResponse | Exception] = []
    async with open_nursery() as nursery:

        def settle(result: ApiResponse | Exception) -> None:
            results.append(result)
            nursery.cancel_scope.cancel("the request has ended")

        for companion in companions:
            nursery.start_soon(companion, settle)
        try:
            settle(await work())
        except (_Again, KactorsError) as problem:
            settle(problem)
    result = results[0]
    if isinstance(result, Exception):
        raise result
    return result


def _unknown(request: ApiRequest, attempt: Attempt, problem: Exception) -> OutcomeUnknown:
    return OutcomeUnknown(f"{_name(request)} was sent to {attempt.address}, and then: {problem}")


def _name(request: ApiRequest) -> str:
    """Name a request for messages: ``update apps/deployments default/web status``."""
    resource = f"{request.group}/{request.resource}" if request.group else request.resource
    path = "/".join(part for part in (request.namespace, request.name) if part)
    return " ".join(part for part in (request.verb, resource, path, request.subresource) if part)
