"""What clients are told when etcd does not do what it should."""

import pytest

from kactors.api.errors import ApiError, InternalError, RequestEntityTooLarge
from kactors.apiserver.etcd_problems import told
from kactors.etcd.errors import EtcdError, NoSpace, RequestTooLarge


@pytest.mark.parametrize(
    ("problem", "answer"),
    [(RequestTooLarge(), RequestEntityTooLarge), (NoSpace(), InternalError)],
)
def test_what_etcd_refuses_is_told(problem: EtcdError, answer: type[ApiError]) -> None:
    """Too many bytes are the client's affair, everything else is not."""
    found = told(problem)

    assert type(found) is answer
    assert answer is not InternalError or str(problem) in str(found)
