"""Plans as YAML and JSON: there and back, and errors that name line, field and remedy."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kactors.faults import (
    FAULTS,
    FaultPlan,
    SchemaError,
    from_json,
    from_yaml,
    to_json,
    to_yaml,
)
from kactors.faults.fault import Fault
from kactors.faults.schema import from_plain, to_plain
from tests.faults import strategies


@given(strategies.plans)
def test_yaml_there_and_back(plan: FaultPlan) -> None:
    """Nothing is lost."""
    assert from_yaml(to_yaml(plan)) == plan


@given(strategies.plans)
def test_json_there_and_back(plan: FaultPlan) -> None:
    """Nothing is lost."""
    assert from_json(to_json(plan)) == plan


@pytest.mark.parametrize("kind", FAULTS, ids=lambda kind: kind.__name__)
@settings(max_examples=15)
@given(data=st.data())
def test_every_kind_there_and_back(kind: type[Fault], data: st.DataObject) -> None:
    """No kind of fault is forgotten."""
    plan = FaultPlan((data.draw(strategies.fault_of(kind)),))

    assert from_yaml(to_yaml(plan)) == plan == from_json(to_json(plan))


def test_a_plan_as_people_write_it() -> None:
    """The short forms of times, and conditions as a mapping."""
    text = """
    faults:
    - kind: Cut
      source: etcd-1
      target: etcd-2
      one_way: true
      start: {at: 5}
      end: {for: 3}
    - kind: Crash
      host: etcd-3
      start:
        kind: When
        trigger: {kind: Delivered, tag: raft.append, target: etcd-3, where: {term: 2}}
        occurrence: 3
    """

    assert from_yaml(text).to_python() == (
        "FaultPlan((\n"
        "    Cut('etcd-1', 'etcd-2', one_way=True, start=At(5), end=For(3)),\n"
        "    Crash('etcd-3', start=When(Delivered(tag='raft.append', target='etcd-3', "
        "where={'term': 2}), occurrence=3)),\n"
        "))"
    )


DELAY = """faults:
- kind: Delay
  source: a
  target: b
  latency:
    kind: Uniform
    low: 2
    high: 1
  start: {at: 1}
  forever: true
"""
CRASH = "faults:\n- kind: Crash\n  host: a\n"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "this is no fault plan: it needs a list under 'faults'"),
        ("- a", "line 1: this is no fault plan"),
        ("faults: 5", "line 1, faults: found 5: give a list of faults"),
        ("plan: x\nfaults: []", "line 1, plan: a fault plan has no 'plan': give one of faults"),
        ("faults:\n- 5\n", "line 2, faults[0]: found 5: give a fault, a mapping with its kind"),
        ("faults:\n- at: 5\n", "line 2, faults[0]: found At(5): give a fault"),
        ("faults:\n- {}\n", "line 2, faults[0]: found a mapping with nothing: give a 'kind'"),
        (
            "faults:\n- kind: Crsh\n",
            "line 2, faults[0]: there is no kind 'Crsh': did you mean 'Crash'?",
        ),
        ("faults:\n- kind: 5\n", "line 2, faults[0]: there is no kind 5: give one of "),
        ("faults:\n- kind: Crash\n", "line 2, faults[0]: a Crash needs 'start' and 'host': add it"),
        (
            CRASH + "  start: {at: 1}\n  hots: b\n",
            "line 5, faults[0].hots: a Crash has no 'hots': did you mean 'host'?",
        ),
        (
            CRASH + "  start: {at: soon}\n",
            "line 4, faults[0].start.seconds: At.seconds is 'soon': give a finite number",
        ),
        (
            CRASH + "  start:\n    when: x\n",
            "line 4, faults[0].start: found a mapping with 'when': give a 'kind', or one of 'at'",
        ),
        (CRASH + "  start: 5\n", "line 4, faults[0].start: Crash.start is 5: give At(seconds)"),
        (
            "faults:\n- kind: Pause\n  host: a\n  start: {at: 1}\n",
            "line 2, faults[0]: Pause('a', start=At(1)) has no end: give end=For(seconds)",
        ),
        (
            DELAY,
            "line 5, faults[0].latency: Uniform(low=2, high=1): low lies above high",
        ),
        (CRASH + "  host: b\n", "line 4: 'host' is given twice: keep one of them"),
        ("faults: [", "line 1: this is not YAML ("),
        ("faults: !!python/object:x y", "line 1: this is not YAML ("),
        ("[" * 2000, "this nests too deep for a fault plan: flatten it"),
    ],
)
def test_yaml_that_is_no_plan_is_explained(text: str, says: str) -> None:
    """With line, field and remedy."""
    with pytest.raises(SchemaError, match="^" + re.escape(says)):
        from_yaml(text)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "line 1: this is not JSON (Expecting property name enclosed in double quotes)"),
        (
            '{"faults": [\n{"kind": "Crash",\n "hos": "a"}]}',
            "line 3, faults[0].hos: a Crash has no",
        ),
        ("[" * 100_000, "this nests too deep for a fault plan: flatten it"),
        ('{"faults": "\\ud83d"}\t', "faults: found '\\ud83d': give a list"),
    ],
)
def test_json_that_is_no_plan_is_explained(text: str, says: str) -> None:
    """With line, field and remedy; where the line cannot be told, without."""
    with pytest.raises(SchemaError, match=re.escape(says)):
        from_json(text)


json_like = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.one_of(
                st.text(), st.sampled_from(["kind", "faults", "start", "at", "host", "where"])
            ),
            st.one_of(inner, st.sampled_from(["Crash", "Cut", "When", "Delivered"])),
            max_size=4,
        ),
    ),
    max_leaves=12,
)


@given(json_like)
def test_whatever_is_no_plan_ends_in_one_error(value: object) -> None:
    """Nothing but `SchemaError` comes out of a file that is not a plan."""
    try:
        plan = from_plain({"faults": [value]})
    except SchemaError:
        return
    assert from_plain(to_plain(plan)) == plan


@given(st.text(), st.integers(0, 200))
def test_garbled_yaml_ends_in_one_error(noise: str, where: int) -> None:
    """A file with a typo in any place is refused properly, or still a plan."""
    text = CRASH + "  start: {at: 1}\n- kind: Pause\n  host: b\n  start: {at: 2}\n  end: {for: 3}\n"
    garbled = text[: where % len(text)] + noise + text[where % len(text) :]

    try:
        plan = from_yaml(garbled)
    except SchemaError:
        return
    assert from_yaml(to_yaml(plan)) == plan
