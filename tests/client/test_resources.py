"""Which resource is meant."""

import pytest

from kactors.api.errors import UnknownKind
from kactors.client.resources import GroupVersionResource, find_resource


@pytest.mark.parametrize("word", ["deployments", "deployment", "deploy", "deployments.apps"])
def test_a_resource_is_found_by_each_of_its_names(word: str) -> None:
    """As kubectl finds it."""
    found = find_resource(word)

    assert found == GroupVersionResource("apps", "v1", "deployments")
    assert str(found) == "deployments.apps"


def test_the_core_group_is_not_said() -> None:
    """Its name is empty."""
    assert str(find_resource("pods")) == "pods"


def test_what_is_not_registered_is_not_found() -> None:
    """The error says what was asked for."""
    with pytest.raises(UnknownKind, match="gadgets"):
        find_resource("gadgets")
