"""Configurations of members: IDs are everybody's, and contradictions are refused."""

from typing import Any

import pytest

from kactors.etcd.client_errors import BadMemberConfig, BadUrl
from kactors.etcd.config import MemberConfig, member_id

THREE = tuple((f"m{number}", f"actor://m{number}/etcd") for number in (1, 2, 3))


def test_every_member_knows_the_same_cluster() -> None:
    """The cluster and its members have the same IDs wherever they are computed."""
    configs = [MemberConfig(name=name, initial=THREE) for name, _ in THREE]
    assert len({config.cluster_id() for config in configs}) == 1
    assert len({config.members() for config in configs}) == 1
    other = MemberConfig(name="m1", initial=THREE, token="another")
    assert other.cluster_id() != configs[0].cluster_id()


def test_ids_are_positive_and_fit_into_json() -> None:
    """An ID is exact as a JSON number."""
    assert 0 < member_id("token", "actor://m1/etcd") < 2**53
    assert member_id("token", "u", "1") != member_id("token", "u", "2")


@pytest.mark.parametrize(
    ("knobs", "error"),
    [
        ({"name": "m4"}, BadMemberConfig),
        ({"name": "m1", "initial": (*THREE, THREE[0])}, BadMemberConfig),
        ({"name": "m1", "tick_seconds": 0.0}, BadMemberConfig),
        ({"name": "m1", "snapshot_entries": 0}, BadMemberConfig),
        ({"name": "m1", "initial": (("m1", "nowhere"),)}, BadUrl),
    ],
)
def test_contradictions_are_refused(knobs: dict[str, Any], error: type[Exception]) -> None:
    """A configuration that cannot work does not come to be."""
    with pytest.raises(error):
        MemberConfig(**({"initial": THREE} | knobs))


def test_two_members_at_one_place_are_refused() -> None:
    """Members are told apart by where they are."""
    config = MemberConfig(name="a", initial=(("a", "actor://m/etcd"), ("b", "actor://m/etcd")))
    with pytest.raises(BadMemberConfig, match="same place"):
        config.members()
