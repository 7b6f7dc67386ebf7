"""Objects and their bytes."""

import pytest

from kactors.api.codec import decode, decode_request, encode, is_paranoid, paranoid
from kactors.api.errors import BadRequest
from kactors.wire import encode_value

POD = {"kind": "Pod", "metadata": {"name": "p", "resourceVersion": "3"}, "spec": {"a": [1, None]}}


def test_the_revision_travels_beside_the_bytes() -> None:
    """The resource version is left out of the bytes, and put in when they are decoded."""
    body = encode(POD)
    assert b"resourceVersion" not in body
    assert decode(body, 7)["metadata"] == {"name": "p", "resourceVersion": "7"}
    assert decode(body)["metadata"] == {"name": "p"}
    assert POD["metadata"] == {"name": "p", "resourceVersion": "3"}
    assert decode(encode({"kind": "List"}), 5) == {
        "kind": "List", "metadata": {"resourceVersion": "5"},
    }  # fmt: skip


def test_decoded_objects_are_shared() -> None:
    """The same bytes at the same revision are one object; at another, another."""
    body = encode(POD)
    assert decode(body, 7) is decode(bytes(bytearray(body)), 7)
    assert decode(body, 7) is not decode(body, 8)


def test_in_paranoid_mode_nothing_is_shared() -> None:
    """Everyone gets an own copy while the mode is on, and shares again after."""
    body = encode(POD)
    with paranoid():
        assert is_paranoid()
        assert decode(body, 7) == decode(body, 7)
        assert decode(body, 7) is not decode(body, 7)
    assert not is_paranoid()
    assert decode(body, 7) is decode(body, 7)


@pytest.mark.parametrize("body", [b"", b"\xc1", encode_value([1]), encode_value("text"), b"\x93"])
def test_what_a_client_sends_must_be_an_object(body: bytes) -> None:
    """Anything else is a bad request."""
    with pytest.raises(BadRequest, match="the body of the request"):
        decode_request(body)


def test_a_request_belongs_to_who_decodes_it() -> None:
    """Nobody else holds the object."""
    body = encode(POD)
    assert decode_request(body) == decode(body)
    assert decode_request(body) is not decode_request(body)
