"""Label selectors, from objects and from text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kactors.api.errors import MalformedSelector
from kactors.api.labels import EVERYTHING, NOTHING, LabelSelector, Requirement
from kactors.api.objects import Object

APP = {"app": "web", "tier": "front"}


def test_nothing_and_everything() -> None:
    """No selector selects nothing, an empty one everything."""
    assert LabelSelector.from_object(None) is NOTHING
    assert not NOTHING.matches(APP)
    assert LabelSelector.from_object({}) == LabelSelector.parse("") == EVERYTHING
    assert EVERYTHING.everything
    assert EVERYTHING.matches({})
    assert not NOTHING.everything


@pytest.mark.parametrize(
    ("text", "matches"),
    [
        ("app=web", True), ("app==web", True), ("app = api", False), ("app!=web", False),
        ("other!=x", True), ("app in (web, api)", True), ("app in (api)", False),
        ("app notin (api)", True), ("other notin (a)", True), ("app", True), ("other", False),
        ("!other", True), ("!app", False), ("app=web,tier=front", True), ("app=web,tier", True),
        ("app=web,tier=back", False), ("app=", False), ("app in (web,)", True),
        ("app in (in,notin)", False), ("app in ()", False), ("x/y.z=1", False),
    ],
)  # fmt: skip
def test_text(text: str, matches: bool) -> None:
    """Each form of text means what upstream says."""
    assert LabelSelector.parse(text).matches(APP) is matches


def test_numbers() -> None:
    """Greater and less compare whole numbers; what is none never matches."""
    assert LabelSelector.parse("n>3").matches({"n": "4"})
    assert not LabelSelector.parse("n>3").matches({"n": "3"})
    assert LabelSelector.parse("n<3").matches({"n": "-1"})
    assert not LabelSelector.parse("n<3").matches({"n": "x"})
    assert not LabelSelector.parse("n<3").matches({})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a=b c", "found 'c', expected: ',' or 'end of string'"),
        ("a,", "found '', expected: identifier after ','"),
        ("=a", "unable to parse requirement: found '=', expected: identifier"),
        ("a b", "found 'b', expected: in, notin, =, ==, !=, gt, lt"),
        ("a in b", "found 'b', expected: '('"),
        ("a in (b c)", "found 'c', expected: ',', or ')'"),
        ("a>x", "the value must be an integer"),
        ("-a", 'Invalid value: "-a": name part must consist of'),
        ("a=-b", "a valid label must be an empty string or"),
        ("a=b,!", "found '', expected: identifier"),
    ],
)
def test_malformed_text(text: str, message: str) -> None:
    """What is no selector is refused in upstream's words."""
    with pytest.raises(MalformedSelector) as caught:
        LabelSelector.parse(text)
    assert message in str(caught.value)


def test_objects() -> None:
    """Labels and expressions of an object must all be met."""
    selector = LabelSelector.from_object(
        {
            "matchLabels": {"app": "web"},
            "matchExpressions": [
                {"key": "tier", "operator": "In", "values": ["front", "back"]},
                {"key": "old", "operator": "DoesNotExist"},
            ],
        }
    )
    assert selector.matches(APP)
    assert not selector.matches({**APP, "old": ""})
    assert str(selector) == "app in (web),!old,tier in (back,front)"


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ({"key": "a", "operator": "Gt", "values": ["1"]}, "not a valid label selector operator"),
        ({"key": "a", "operator": "In"}, "values set can't be empty"),
        ({"key": "a", "operator": "Exists", "values": ["1"]}, "values set must be empty"),
    ],
)
def test_malformed_objects(expression: Object, message: str) -> None:
    """Expressions that make no sense are refused."""
    with pytest.raises(MalformedSelector, match=message):
        LabelSelector.from_object({"matchExpressions": [expression]})


@pytest.mark.parametrize("text", ["a=1", "a==1", "a!=1", "a>1", "a<1", "a", "!a", "a in (1,2)"])
def test_each_operator_has_its_text(text: str) -> None:
    """What was parsed is written as it was."""
    assert str(LabelSelector.parse(text)) == text


def test_required_value() -> None:
    """An index can be asked when a selector demands one value of one label."""
    selector = LabelSelector.parse("a=1,b in (2),c in (3,4),d!=5")
    assert [selector.required_value(key) for key in "abcde"] == ["1", "2", None, None, None]


def test_plain_maps() -> None:
    """A map of labels selects what has them all."""
    assert LabelSelector.from_labels({"app": "web"}).matches(APP)
    assert LabelSelector.from_labels(None) == EVERYTHING


def test_requirements_know_their_faults() -> None:
    """An unknown operator, and an exact match of two values, are faults."""
    assert "Unsupported value" in str(Requirement("a", "like", ("b",)).faults()[0])
    assert "one single value" in str(Requirement("a", "=", ("b", "c")).faults()[0])


keys = st.sampled_from(["app", "tier", "example.com/zone"])
values = st.sampled_from(["", "a", "b", "1", "in"])
expressions = st.one_of(
    st.builds(
        lambda key, operator, found: {"key": key, "operator": operator, "values": sorted(found)},
        keys,
        st.sampled_from(["In", "NotIn"]),
        st.sets(values, min_size=1),
    ),
    st.builds(
        lambda key, operator: {"key": key, "operator": operator},
        keys,
        st.sampled_from(["Exists", "DoesNotExist"]),
    ),
)
selectors = st.builds(
    lambda labels, found: {"matchLabels": labels, "matchExpressions": found},
    st.dictionaries(keys, values),
    st.lists(expressions, max_size=4),
)


@given(selectors, st.dictionaries(keys, values))
def test_text_and_object_say_the_same(selector: Object, labels: dict[str, str]) -> None:
    """A selector's text is parsed to a selector that is equal, up to order, and matches alike."""
    found = LabelSelector.from_object(selector)
    parsed = LabelSelector.parse(str(found))
    assert sorted(map(str, parsed.requirements)) == sorted(map(str, found.requirements))
    assert parsed.matches(labels) == found.matches(labels)
    assert hash(LabelSelector.from_object(selector)) == hash(found)
