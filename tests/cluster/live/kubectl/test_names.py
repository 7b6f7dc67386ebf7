"""What people call resources and objects."""

import pytest

from kactors.cluster.live.kubectl.errors import BadName
from kactors.cluster.live.kubectl.names import parse_names


def understood(*words: str) -> list[tuple[str, tuple[str, ...]]]:
    """Return the resources and the names that are meant."""
    return [(asked.resource.qualified_name, asked.names) for asked in parse_names(words)]


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (("pods",), [("pods", ())]),
        (("po", "a", "b"), [("pods", ("a", "b"))]),
        (("deploy,svc", "web"), [("deployments.apps", ("web",)), ("services", ("web",))]),
        (("pods,pod,po",), [("pods", ())]),
        (("deployment/web", "svc/web"), [("deployments.apps", ("web",)), ("services", ("web",))]),
        (("Deployments.apps",), [("deployments.apps", ())]),
    ],
)
def test_what_is_meant(words: tuple[str, ...], meant: list[tuple[str, tuple[str, ...]]]) -> None:
    """Plural, singular, short names, groups, several at a time."""
    assert understood(*words) == meant


def test_all() -> None:
    """A category is all its resources."""
    assert {"pods", "services", "deployments.apps", "jobs.batch"} <= dict(understood("all")).keys()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nothing",), "no resource that is called 'nothing'"),
        (("pod/a", "b"), "'b' is not KIND/NAME"),
        (("pod/",), "'pod/' is not KIND/NAME"),
    ],
)
def test_what_is_not_understood(words: tuple[str, ...], said: str) -> None:
    """The message quotes it."""
    with pytest.raises(BadName, match=said):
        parse_names(words)
