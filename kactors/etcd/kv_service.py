"""Keys and watches, as clients of a member ask for them."""

import attrs

from kactors.actors.asker import Asker
from kactors.actors.handlers import serves, serves_later, streams
from kactors.actors.outbox import Outbox
from kactors.etcd.errors import EtcdError, NoLeader
from kactors.etcd.member_base import MemberBase
from kactors.etcd.messages.kv import (
    Compact,
    CompactResponse,
    DeleteRange,
    DeleteRangeResponse,
    Operation,
    Put,
    PutResponse,
    Range,
    RangeResponse,
    Txn,
    TxnResponse,
)
from kactors.etcd.messages.watch import Watch, WatchProgress, WatchResponse
from kactors.etcd.txn import is_read_only
from kactors.etcd.validation import validate
from kactors.etcd.watch_stream import NO_WATCH_ID
from kactors.transport.envelope import Address


class KvService(MemberBase):
    """Serves ranges, puts, deletions, transactions, compaction and watches.

    Every handler raises an `EtcdError` for what is refused.
    """

    @serves
    async def range(self, request: Range) -> RangeResponse:
        """Read keys; unless ``serializable``, not before everything done earlier can be seen."""
        self._validate(request)
        if not request.serializable:
            await self.parts.driver.read_barrier()
        return self.store.range(request)

    @serves_later
    def put(self, request: Put, asker: Asker[PutResponse]) -> None:
        """Write a key."""
        self._validate(request)
        self.write_for(asker, request)

    @serves_later
    def delete_range(self, request: DeleteRange, asker: Asker[DeleteRangeResponse]) -> None:
        """Delete keys."""
        self._validate(request)
        self.write_for(asker, request)

    @serves_later
    def txn(self, request: Txn, asker: Asker[TxnResponse]) -> None:
        """Carry out a transaction; one that only reads does not go through the log."""
        self._validate(request)
        if not is_read_only(request):
            self.write_for(asker, request)
        elif _is_serializable(request):
            asker.answer(self.store.read_txn(request))
        else:
            self.parts.driver.read_when_current(_TxnReader(asker, request, self))

    @serves
    async def compact(self, request: Compact) -> CompactResponse:
        """Forget history."""
        answer = await self.write(request)
        assert isinstance(answer, CompactResponse), f"{answer} answers a compaction"
        if request.physical:
            await self.parts.upkeep.wait_scrubbed()
        return answer

    @streams
    async def on_watch(self, request: Watch, out: Outbox[WatchResponse]) -> None:
        """Tell what happens to keys."""
        await self.parts.watches.serve(request, out)

    @serves
    def watch_progress(self, _request: WatchProgress, sender: Address) -> WatchResponse:
        """Let all watches of the asker say how far they are, in their own streams."""
        self.parts.watches.want_progress(sender)
        store = self.store
        return WatchResponse(store.header(store.mvcc.revision), NO_WATCH_ID)

    def _validate(self, request: Operation) -> None:
        validate(request, txn_ops_max=self.config.txn_ops_max)


@attrs.frozen(eq=False)
class _TxnReader:
    """Reads for a transaction when its member has caught up."""

    asker: Asker[TxnResponse]
    request: Txn
    member: KvService

    def wake(self, may_read: bool) -> None:
        """Read and answer, unless nobody leads."""
        if not may_read:
            self.asker.refuse(NoLeader())
            return
        try:
            self.asker.answer(self.member.store.read_txn(self.request))
        except EtcdError as error:
            self.asker.refuse(error)


def _is_serializable(request: Txn) -> bool:
    """Tell whether everything that a transaction reads may be a little old."""
    return all(
        _is_serializable(part) if isinstance(part, Txn) else getattr(part, "serializable", False)
        for part in (*request.success, *request.failure)
    )
