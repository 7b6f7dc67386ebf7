"""How what a client asks is written down."""

import pytest

from kactors.api.fields import FieldSelector
from kactors.api.labels import NOTHING, LabelSelector
from kactors.api.objects import replaced
from kactors.client.queries import binding, delete_options, eviction, selectors
from tests.client.objects import pod


def test_selectors_are_text_in_either_form() -> None:
    """Those that select everything are left out."""
    parsed = LabelSelector.parse("app=web"), FieldSelector.of("spec.nodeName", "n1")

    assert selectors(*parsed) == selectors("app=web", "spec.nodeName=n1")
    assert selectors("", "") == {}
    assert selectors(LabelSelector.parse(""), "") == {}


def test_nothing_cannot_be_asked_for() -> None:
    """As text, the selector that matches nothing would match everything."""
    with pytest.raises(ValueError, match="there is nothing to ask for"):
        selectors(NOTHING, "")


def test_a_binding_names_the_very_pod() -> None:
    """By its uid: another of its name is not bound."""
    bound = binding(replaced(pod("a"), "uid-1", "metadata", "uid"), "n1")

    assert bound["metadata"] == {"name": "a", "namespace": "default", "uid": "uid-1"}
    assert bound["target"] == {"apiVersion": "v1", "kind": "Node", "name": "n1"}


def test_options_are_passed_on() -> None:
    """Of deletions and of evictions."""
    options = {"gracePeriodSeconds": 3}

    assert delete_options(options)["gracePeriodSeconds"] == 3
    assert delete_options(None) == {"apiVersion": "v1", "kind": "DeleteOptions"}
    assert eviction("a", "default", options)["deleteOptions"] == options
    assert "deleteOptions" not in eviction("a", "default", None)
