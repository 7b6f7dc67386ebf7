"""Where members are: URLs are read as they are written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kactors.etcd.client_errors import BadUrl
from kactors.etcd.member_url import MemberUrl

NAMES = st.text("abcdefghijklmnopqrstuvwxyz0123456789-", min_size=1, max_size=20)
ENDPOINTS = st.none() | st.integers(1, 65535).map("127.0.0.1:{}".format) | st.just("[::1]:2380")


@given(host=NAMES, actor=NAMES, endpoint=ENDPOINTS)
def test_what_is_written_is_read(host: str, actor: str, endpoint: str | None) -> None:
    """Text and back is the same URL."""
    url = MemberUrl(host, actor, endpoint)
    assert MemberUrl.parse(str(url)) == url


@pytest.mark.parametrize(
    "text", ["", "m1", "http://m1:2380", "tcp://127.0.0.1:2380", "tcp://m1@nowhere", "actor://"]
)
def test_what_is_no_place_is_refused(text: str) -> None:
    """Whatever has neither form is refused, with the forms that there are."""
    with pytest.raises(BadUrl, match="tcp://HOST@ADDRESS:PORT"):
        MemberUrl.parse(text)
