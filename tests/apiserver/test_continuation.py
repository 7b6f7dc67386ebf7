"""Tests of continue tokens."""

import json
from base64 import urlsafe_b64encode
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kactors.apiserver.continuation import INCONSISTENT, Continuation
from kactors.apiserver.errors import BadContinueToken

names = st.text(st.characters(codec="utf-8", exclude_characters="/\0"), min_size=1)


@given(revision=st.integers(1, 1 << 62), namespace=names, name=names)
def test_a_token_says_where_the_list_goes_on(revision: int, namespace: str, name: str) -> None:
    """Parsing inverts making, for every key that is no path upwards."""
    if ".." in {namespace, name}:
        return
    made = Continuation(revision, f"{namespace}/{name}\0".encode())

    assert Continuation.parse(made.token()) == made


def test_a_token_has_upstreams_form() -> None:
    """It is the base64 of a JSON object with version, revision and first key."""
    token = Continuation(INCONSISTENT, b"default/web\0").token()

    assert token == (
        urlsafe_b64encode(b'{"v": "meta.k8s.io/v1", "rv": -1, "start": "default/web\\u0000"}')
        .decode()
        .rstrip("=")
    )


def token_of(**fields: Any) -> str:
    """Return a token with some fields changed."""
    found = {"v": "meta.k8s.io/v1", "rv": 5, "start": "a\0", **fields}
    return urlsafe_b64encode(json.dumps(found).encode()).decode()


@pytest.mark.parametrize(
    "token",
    [
        "no base64 at all!",
        "e30",
        "W10",
        token_of(v="v2"),
        token_of(rv=0),
        token_of(rv="5"),
        token_of(start=""),
        token_of(start="/etc"),
        token_of(start="a/../../secrets/x"),
        token_of(start="\ud800"),
    ],
)
def test_what_no_apiserver_has_made_is_refused(token: str) -> None:
    """Garbage, another version, and keys that lead out of the list's range are no tokens."""
    with pytest.raises(BadContinueToken):
        Continuation.parse(token)
