"""How a `Range` is carried out: filters, order, limit.

Source: ``server/etcdserver/txn/range.go`` of etcd.
"""

from operator import attrgetter
from typing import Final

from kactors.etcd.key_range import KeyRange
from kactors.etcd.messages.kv import (
    Header,
    KeyValue,
    Range,
    RangeResponse,
    SortOrder,
    SortTarget,
)
from kactors.etcd.mvcc import Mvcc

_FIELDS: Final = {
    SortTarget.KEY: attrgetter("key"),
    SortTarget.VERSION: attrgetter("version"),
    SortTarget.CREATE: attrgetter("create_revision"),
    SortTarget.MOD: attrgetter("mod_revision"),
    SortTarget.VALUE: attrgetter("value"),
}


def read_range(mvcc: Mvcc, request: Range, header: Header) -> RangeResponse:
    """Carry out a `Range`; ``header`` goes into the answer.

    Raises:
        FutureRevision, Compacted: the revision cannot be read.
    """
    keys = KeyRange.of(request.key, request.range_end)
    revision = request.revision
    count = mvcc.count(keys, revision=revision)
    if request.count_only:
        return RangeResponse(header, (), more=False, count=count)
    is_whole = _bounded(request) or not _by_key(request)
    limit = 0 if is_whole or request.limit <= 0 else request.limit + 1
    found = mvcc.range(keys, revision=revision, limit=limit)
    if _bounded(request):
        found = [kv for kv in found if _within_bounds(request, kv)]
    if not _by_key(request):
        is_down = request.sort_order is SortOrder.DESCEND
        found.sort(key=_FIELDS[request.sort_target], reverse=is_down)
    more = 0 < request.limit < len(found)
    if more:
        del found[request.limit :]
    if request.keys_only:
        found = [kv._replace(value=b"") for kv in found]
    return RangeResponse(header, tuple(found), more=more, count=count)


def _by_key(request: Range) -> bool:
    """Whether the order is the one in which keys are stored."""
    return request.sort_target is SortTarget.KEY and request.sort_order is not SortOrder.DESCEND


def _bounded(request: Range) -> bool:
    return bool(
        request.min_mod_revision
        or request.max_mod_revision
        or request.min_create_revision
        or request.max_create_revision
    )


def _within_bounds(request: Range, kv: KeyValue) -> bool:
    return (
        (not request.max_mod_revision or kv.mod_revision <= request.max_mod_revision)
        and (not request.min_mod_revision or kv.mod_revision >= request.min_mod_revision)
        and (not request.max_create_revision or kv.create_revision <= request.max_create_revision)
        and (not request.min_create_revision or kv.create_revision >= request.min_create_revision)
    )
