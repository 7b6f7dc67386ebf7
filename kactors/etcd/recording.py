"""What clients did, as a history that `kactors.checking` can judge.

Only what that package's model knows is recorded: single keys that are put, read and deleted.
"""

from collections.abc import Awaitable
from typing import TypeVar

from kactors.checking.actions import Action, Delete, Get
from kactors.checking.actions import Put as PutAction
from kactors.checking.operation import Operation
from kactors.etcd.client_errors import ClusterUnavailable
from kactors.etcd.errors import EtcdError
from kactors.etcd.messages.kv import (
    DeleteRange,
    DeleteRangeResponse,
    Put,
    PutResponse,
    Range,
    RangeResponse,
)
from kactors.runtime import current_time_ns

AnswerT = TypeVar("AnswerT")


class History:
    """Collects the operations of any number of clients on hosts with one clock.

    Attributes:
        operations: in the order of their ends.
    """

    def __init__(self) -> None:
        self.operations: list[Operation] = []

    async def record(self, client: str, request: object, work: Awaitable[AnswerT]) -> AnswerT:
        """Wait for the answer to a request and note both."""
        action = action_of(request)
        call_ns = current_time_ns()
        done: Operation | None = None
        try:
            answer = await work
        except (EtcdError, ClusterUnavailable) as refused:
            if action is not None:
                done = Operation(
                    client=client,
                    action=action,
                    call_ns=call_ns,
                    return_ns=current_time_ns(),
                    error=str(refused),
                )
            raise
        else:
            if action is not None:
                done = _answered(client, action, request, answer, call_ns)
            return answer
        finally:
            if action is not None:
                unknown = Operation(client=client, action=action, call_ns=call_ns, return_ns=None)
                self.operations.append(done or unknown)


def action_of(request: object) -> Action | None:
    """Return what a request means to the checker's model; None if that does not know it."""
    match request:
        case Put(key=key, value=value, ignore_value=False):
            return PutAction(key, value)
        case Range(key=key, range_end=b"", revision=revision) if revision <= 0:
            return Get(key)
        case DeleteRange(key=key, range_end=b""):
            return Delete(key)
        case _:
            return None


def _answered(
    client: str, action: Action, request: object, answer: object, call_ns: int
) -> Operation:
    result: bytes | int | None = None
    revision = None
    match answer:
        case RangeResponse(kvs=kvs, header=header):
            result, revision = (kvs[0].value if kvs else None), header.revision
        case DeleteRangeResponse(deleted=deleted, header=header):
            result, revision = deleted, header.revision
        case PutResponse(header=header):
            revision = header.revision
    return Operation(
        client=client,
        action=action,
        result=result,
        call_ns=call_ns,
        return_ns=current_time_ns(),
        revision=revision,
        serializable=isinstance(request, Range) and request.serializable,
    )
