"""Keys and watches, as clients of a member ask for them."""

from kactors.actors.handlers import serves, streams
from kactors.actors.outbox import Outbox
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

    @serves
    async def put(self, request: Put) -> PutResponse:
        """Write a key."""
        self._validate(request)
        answer = await self.write(request)
        assert isinstance(answer, PutResponse), f"{answer} answers a put"
        return answer

    @serves
    async def delete_range(self, request: DeleteRange) -> DeleteRangeResponse:
        """Delete keys."""
        self._validate(request)
        answer = await self.write(request)
        assert isinstance(answer, DeleteRangeResponse), f"{answer} answers a deletion"
        return answer

    @serves
    async def txn(self, request: Txn) -> TxnResponse:
        """Carry out a transaction; one that only reads does not go through the log."""
        self._validate(request)
        if is_read_only(request):
            if not _is_serializable(request):
                await self.parts.driver.read_barrier()
            return self.store.read_txn(request)
        answer = await self.write(request)
        assert isinstance(answer, TxnResponse), f"{answer} answers a transaction"
        return answer

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


def _is_serializable(request: Txn) -> bool:
    """Tell whether everything that a transaction reads may be a little old."""
    return all(
        _is_serializable(part) if isinstance(part, Txn) else getattr(part, "serializable", False)
        for part in (*request.success, *request.failure)
    )
