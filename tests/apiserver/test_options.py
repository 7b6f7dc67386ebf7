"""Tests of what queries say."""

from typing import Any

import pytest

from kactors.api.errors import ApiError, BadRequest, Invalid
from kactors.api.fields import FieldSelector
from kactors.api.labels import LabelSelector
from kactors.apiserver.options import DeleteOptions, ListOptions, WriteOptions


def test_an_empty_query_asks_for_everything_as_it_is_now() -> None:
    """Without parameters a list has no selectors, no limit and no revision."""
    assert ListOptions.parse({}) == ListOptions()


def test_every_parameter_is_read() -> None:
    """Selectors are parsed, numbers and truths converted."""
    options = ListOptions.parse(
        {
            "labelSelector": "app=web",
            "fieldSelector": "metadata.name=x",
            "resourceVersion": "7",
            "resourceVersionMatch": "NotOlderThan",
            "limit": "5",
            "timeoutSeconds": "9",
            "allowWatchBookmarks": "true",
        }
    )

    assert options == ListOptions(
        labels=LabelSelector.parse("app=web"),
        fields=FieldSelector.parse("metadata.name=x"),
        revision=7,
        match="NotOlderThan",
        limit=5,
        timeout_s=9,
        bookmarks=True,
    )


@pytest.mark.parametrize("text", ["x", "-1", "1.5", "\u0663", str(1 << 63)])
def test_a_revision_is_a_decimal_number(text: str) -> None:
    """Whatever is no number that etcd could count to is a bad request."""
    with pytest.raises(BadRequest):
        ListOptions.parse({"resourceVersion": text})


@pytest.mark.parametrize(
    "query",
    [
        {"labelSelector": "a in"},
        {"fieldSelector": "a"},
        {"limit": "many"},
        {"limit": str(1 << 70)},
        {"timeoutSeconds": "1s"},
        {"allowWatchBookmarks": "maybe"},
    ],
)
def test_what_cannot_be_read_is_a_bad_request(query: dict[str, str]) -> None:
    """Selectors, numbers and truths have their forms."""
    with pytest.raises(BadRequest):
        ListOptions.parse(query)


LIST_FAULTS: list[dict[str, str]] = [
    {"resourceVersionMatch": "Exact"},
    {"resourceVersionMatch": "Exact", "resourceVersion": "0"},
    {"resourceVersionMatch": "Newest", "resourceVersion": "1"},
    {"resourceVersionMatch": "NotOlderThan", "resourceVersion": "1", "continue": "x"},
    {"sendInitialEvents": "true"},
]
WATCH_FAULTS: list[dict[str, str]] = [
    {"resourceVersionMatch": "NotOlderThan", "resourceVersion": "1"},
    {"sendInitialEvents": "true", "allowWatchBookmarks": "true"},
    {"sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan"},
    {
        "sendInitialEvents": "true",
        "resourceVersionMatch": "NotOlderThan",
        "allowWatchBookmarks": "true",
        "continue": "x",
    },
]


@pytest.mark.parametrize("query", LIST_FAULTS)
def test_what_does_not_go_together_in_a_list_is_invalid(query: dict[str, str]) -> None:
    """A match needs a revision, and so on: 422, so that clients fall back."""
    with pytest.raises(Invalid):
        ListOptions.parse(query)


@pytest.mark.parametrize("query", WATCH_FAULTS)
def test_what_does_not_go_together_in_a_watch_is_invalid(query: dict[str, str]) -> None:
    """Initial events need NotOlderThan and bookmarks; nothing else takes a match."""
    with pytest.raises(Invalid):
        ListOptions.parse(query, watch=True)


def test_write_options() -> None:
    """All is the only dry run, and fields are looked at unless one says otherwise."""
    assert WriteOptions.parse({}, "CreateOptions") == WriteOptions()
    assert WriteOptions.parse({"dryRun": "All"}, "CreateOptions").dry_run
    for query in ({"dryRun": "Some"}, {"fieldValidation": "Lax"}, {"fieldManager": "m" * 129}):
        with pytest.raises(Invalid):
            WriteOptions.parse(query, "CreateOptions")


def test_the_body_of_a_deletion_counts_before_its_query() -> None:
    """Grace, policy and dry run may stand in either."""
    query = {"gracePeriodSeconds": "5", "propagationPolicy": "Orphan", "dryRun": "All"}

    assert DeleteOptions.parse(query, {}) == DeleteOptions(5, propagation="Orphan", dry_run=True)
    assert DeleteOptions.parse(query, {"gracePeriodSeconds": 0}).grace_s == 0


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"propagationPolicy": "Sideways"}, Invalid),
        ({"propagationPolicy": "Orphan", "orphanDependents": True}, Invalid),
        ({"dryRun": ["Some"]}, Invalid),
        ({"gracePeriodSeconds": "5"}, BadRequest),
        ({"preconditions": "uid"}, BadRequest),
    ],
)
def test_deletions_that_make_no_sense(body: dict[str, Any], kind: type[ApiError]) -> None:
    """Values that there are not are invalid, values of a wrong type cannot be read."""
    with pytest.raises(kind):
        DeleteOptions.parse({}, body)
