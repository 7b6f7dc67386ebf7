"""The order of a merged list.

Items that the patch names keep the order in which it names them, others that of the list before;
the two are interleaved as the list before was, as far as that is possible.

Source: kubernetes apimachinery pkg/util/strategicpatch/patch.go, ``normalizeElementOrder`` and
``mergeSortedSlice``.
"""

from collections.abc import Sequence
from typing import Any

__all__ = ["ordered"]


def ordered(
    merged: Sequence[Any], by_patch: Sequence[Any], before: Sequence[Any], merge_key: str
) -> list[Any]:
    """Return the items of ``merged`` in their order.

    Args:
        merged: the items.
        by_patch: items of the patch, or just their keys, in its order.
        before: the list that was patched, in its order.
        merge_key: what tells items apart; empty if they are plain values.
    """
    patch_rank = [_key(each, merge_key) for each in by_patch]
    before_rank = [_key(each, merge_key) for each in before]
    named = [each for each in merged if _key(each, merge_key) in patch_rank]
    others = [each for each in merged if _key(each, merge_key) not in patch_rank]
    named.sort(key=lambda each: patch_rank.index(_key(each, merge_key)))
    others.sort(key=lambda each: _index(before_rank, _key(each, merge_key)))
    return _interleaved(others, named, before_rank, merge_key)


def _interleaved(
    others: list[Any], named: list[Any], before_rank: list[Any], merge_key: str
) -> list[Any]:
    """Insert each of ``others`` before the first of ``named`` that it was before."""
    found: list[Any] = []
    left, right = 0, 0
    while left < len(others) and right < len(named):
        one = _index(before_rank, _key(others[left], merge_key))
        other = _index(before_rank, _key(named[right], merge_key))
        if one < other < len(before_rank):
            found.append(others[left])
            left += 1
        else:
            found.append(named[right])
            right += 1
    return [*found, *others[left:], *named[right:]]


def _key(item: Any, merge_key: str) -> Any:
    return item.get(merge_key) if merge_key and isinstance(item, dict) else item


def _index(ranks: list[Any], key: Any) -> int:
    """Return where ``key`` stands; behind all, if nowhere."""
    return ranks.index(key) if key in ranks else len(ranks)
