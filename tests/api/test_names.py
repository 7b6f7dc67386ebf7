"""Names: which are allowed, and how one is made up."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kactors.api import names
from kactors.api.names import generate_name, is_dns1123_label, prefix_of

RULES: list[tuple[Callable[[str], tuple[str, ...]], list[str], list[str]]] = [
    (names.is_dns1123_label, ["a", "0", "a-b", "a" * 63], ["", "-a", "a-", "A", "a.b", "a" * 64]),
    (names.is_dns1123_subdomain, ["a.b", "0.1", "a" * 253], ["", "a..b", ".a", "a_b", "a" * 254]),
    (names.is_dns1035_label, ["a", "a-0"], ["", "0a", "a.b", "A", "a" * 64]),
    (names.is_qualified_name, ["a", "A_b.c", "x.y/a", "a" * 63],
     ["", "/a", "x/", "x/y/z", "X_/a", "-a", "a" * 64]),
    (names.is_label_value, ["", "a", "A_b.c"], ["-a", "a b", "a" * 64]),
    (names.is_path_segment_name, ["a:b", "A"], [".", "..", "a/b", "a%b"]),
    (names.is_config_map_key, ["a", ".a", "A_b-c"], ["", ".", "..", "..a", "a/b", "a" * 254]),
    (names.is_env_var_name, ["A", "1a", "a b"], ["", "a=b", "ä", "a\n"]),
    (names.is_port_name, ["http", "a-1"], ["", "1", "-a", "a-", "a--b", "A", "a" * 16]),
    (names.is_percent, ["0%", "250%"], ["", "%", "1", "-1%", "1.5%"]),
    (names.is_ip, ["10.0.0.1", "fd00::1"], ["", "10.0.0", "10.0.0.256", "a"]),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "good", "bad"), RULES, ids=[each[0].__name__ for each in RULES])
def test_rules(rule: Callable[[str], tuple[str, ...]], good: list[str], bad: list[str]) -> None:
    """Good names have no fault, bad ones have at least one, in words."""
    assert {name: rule(name) for name in good} == dict.fromkeys(good, ())
    assert [name for name in bad if not rule(name)] == []


def test_port_numbers() -> None:
    """From 1 to 65535."""
    assert [names.is_port_number(each) for each in (1, 65535)] == [(), ()]
    assert names.is_port_number(0) == names.is_port_number(65536) != ()


def test_the_words() -> None:
    """They are upstream's, with examples and the expression."""
    (fault,) = is_dns1123_label("A")
    assert fault == (
        "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', "
        "and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', "
        "regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
    )


def test_prefixes() -> None:
    """A prefix may end in a dash: the name goes on."""
    assert prefix_of(is_dns1123_label)("a-") == ()
    assert prefix_of(is_dns1123_label)("a") == ()
    assert prefix_of(is_dns1123_label)("-") == ()
    assert prefix_of(is_dns1123_label)("A-") != ()


@given(st.text("abc-", min_size=1, max_size=70))
def test_generated_names(base: str) -> None:
    """They begin as they should, fit into a label, and end in five random characters."""
    drawn: list[int] = []

    def draw(below: int) -> int:
        drawn.append(below)
        return below - 1

    name = generate_name(base, draw)
    assert name[:-5] == base[:58]
    assert name[-5:] == "99999"
    assert len(drawn) == 5
