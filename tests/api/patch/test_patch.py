"""The choice of a patch by its content type, and its errors as clients see them."""

from typing import Any

import pytest

from kactors.api.codec import decode_patch, encode_value
from kactors.api.errors import BadRequest, Invalid, UnsupportedMediaType
from kactors.api.patch import JSON, MERGE, STRATEGIC, apply_patch

POD = {"metadata": {"finalizers": ["a"]}}
DEFINITION = "core.v1.Pod"


@pytest.mark.parametrize(
    ("content_type", "patch", "finalizers"),
    [
        (JSON, [{"op": "add", "path": "/metadata/finalizers/-", "value": "b"}], ["a", "b"]),
        (MERGE, {"metadata": {"finalizers": ["b"]}}, ["b"]),
        (STRATEGIC, {"metadata": {"finalizers": ["b"]}}, ["b", "a"]),
    ],
)
def test_each_type(content_type: str, patch: Any, finalizers: list[str]) -> None:
    """The same words mean different things in each."""
    sent = decode_patch(encode_value(patch))
    found = apply_patch(content_type, POD, sent, DEFINITION)
    assert found == {"metadata": {"finalizers": finalizers}}


def test_a_type_that_is_not_accepted() -> None:
    """The answer names those that are."""
    with pytest.raises(UnsupportedMediaType, match=MERGE.replace("+", r"\+")):
        apply_patch(STRATEGIC, POD, {}, DEFINITION, accepted=(MERGE,))


@pytest.mark.parametrize("content_type", [JSON, MERGE, STRATEGIC])
def test_a_malformed_patch_is_a_bad_request(content_type: str) -> None:
    """Text is no patch of any type."""
    with pytest.raises(BadRequest):
        apply_patch(content_type, POD, "x", DEFINITION)


def test_a_patch_that_does_not_apply_cannot_be_processed() -> None:
    """The answer is a 422 with the reason as its cause."""
    patch = [{"op": "test", "path": "/metadata/finalizers/0", "value": "z"}]
    with pytest.raises(Invalid, match="the server rejected our request") as caught:
        apply_patch(JSON, POD, patch, DEFINITION)
    assert caught.value.code == 422
    assert "does not apply" in caught.value.details.causes[0].message


def test_an_object_remains() -> None:
    """A patch cannot make a list of an object."""
    with pytest.raises(Invalid, match="the server rejected our request"):
        apply_patch(JSON, POD, [{"op": "replace", "path": "", "value": []}], DEFINITION)
