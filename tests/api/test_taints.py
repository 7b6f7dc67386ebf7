"""Taints and tolerations."""

import pytest

from kactors.api.objects import Object
from kactors.api.taints import (
    NO_EXECUTE,
    NO_SCHEDULE,
    PREFER_NO_SCHEDULE,
    find_untolerated,
    matches_taint,
    tolerates,
    tolerates_all,
)

GPU = {"key": "gpu", "value": "yes", "effect": NO_SCHEDULE}


@pytest.mark.parametrize(
    ("toleration", "expected"),
    [
        ({"key": "gpu", "value": "yes", "effect": NO_SCHEDULE}, True),
        ({"key": "gpu", "operator": "Equal", "value": "yes"}, True),
        ({"key": "gpu", "operator": "Equal", "value": "no"}, False),
        ({"key": "gpu", "operator": "Exists"}, True),
        ({"operator": "Exists"}, True),
        ({"key": "gpu", "operator": "Exists", "effect": NO_EXECUTE}, False),
        ({"key": "cpu", "operator": "Exists"}, False),
        ({"key": "gpu", "operator": "Near"}, False),
    ],
)
def test_one_toleration(toleration: Object, expected: bool) -> None:
    """Empty parts of a toleration cover all; the rest must be the same."""
    assert tolerates(toleration, GPU) is expected


def test_the_first_untolerated_taint() -> None:
    """A preference does not keep a pod off, unless asked for."""
    soft = {"key": "slow", "effect": PREFER_NO_SCHEDULE}
    assert find_untolerated([soft, GPU], []) == GPU
    assert find_untolerated([soft, GPU], [{"key": "gpu", "operator": "Exists"}]) is None
    assert find_untolerated([soft, GPU], [], include=lambda _: True) == soft
    assert not tolerates_all([soft], [])
    assert tolerates_all([soft, GPU], [{"operator": "Exists"}])


def test_the_same_taint() -> None:
    """A taint is known by key and effect."""
    assert matches_taint(GPU, {**GPU, "value": "no"})
    assert not matches_taint(GPU, {**GPU, "effect": NO_EXECUTE})
