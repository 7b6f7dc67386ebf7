"""How counts become scores.

Source: kubernetes pkg/scheduler/framework/plugins/helper/normalize_score.go.
"""

from kactors.scheduler.framework.plugin import MAX_NODE_SCORE

__all__ = ["normalised"]


def normalised(scores: list[int], *, reverse: bool = False) -> list[int]:
    """Scale so that the largest becomes 100; with ``reverse``, so that it becomes 0.

    Example:
        >>> normalised([1, 3]), normalised([1, 3], reverse=True), normalised([0, 0], reverse=True)
        ([33, 100], [67, 0], [100, 100])
    """
    largest = max(scores, default=0)
    if largest == 0:
        return [MAX_NODE_SCORE] * len(scores) if reverse else scores
    scaled = [MAX_NODE_SCORE * score // largest for score in scores]
    return [MAX_NODE_SCORE - score for score in scaled] if reverse else scaled
