"""Generators of faults and plans of every kind."""

from typing import Any

import attrs
from hypothesis import strategies as st

from kactors import faults as f
from kactors.faults.fault import Fault
from kactors.faults.network import LinkFault
from kactors.faults.schema import FAULTS

HOSTS = ("a", "b", "c", "d", "e")

names = st.sampled_from(HOSTS)
seconds = st.one_of(st.integers(0, 1000), st.floats(0, 1000, allow_subnormal=False))
positive_seconds = st.one_of(st.integers(1, 1000), st.floats(0.001, 1000))
probabilities = st.one_of(st.floats(1e-6, 1.0), st.just(1))
texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1)
values = st.one_of(texts, st.integers(), st.booleans(), st.none())
where = st.dictionaries(texts, values, max_size=3)

latencies = st.one_of(
    st.builds(f.Constant, seconds),
    st.tuples(seconds, seconds).map(lambda pair: f.Uniform(*sorted(pair))),
    st.tuples(seconds, seconds).map(lambda pair: f.Exponential(max(pair), minimum=min(pair))),
    st.builds(f.Bimodal, slow=st.floats(0, 1)),
    st.builds(f.LogNormal, seconds, sigma=st.floats(0, 10)),
)
messages = st.builds(f.Messages, tag=texts, source=texts, target=texts, where=where)
triggers = st.one_of(
    st.builds(f.Sent, tag=texts, source=texts, target=texts, where=where),
    st.builds(f.Delivered, tag=texts, target=texts, where=where, before=st.booleans()),
    st.builds(f.ProbeHit, texts),
    st.builds(f.ActorStarted, texts),
    st.builds(f.ActorDied, texts),
)
whens = st.builds(f.When, triggers, occurrence=st.integers(1, 100), delay=seconds)
starts = st.one_of(st.builds(f.At, seconds), whens)
ends = st.one_of(
    st.builds(f.For, positive_seconds), st.builds(f.Until, st.integers(1001, 9999)), whens
)

permutations = st.permutations(HOSTS)

OWN_FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "host": names,
    "address": st.builds("{}/{}".format, names, texts),
    "latency": latencies,
    "probability": probabilities,
    "spread": seconds,
    "bytes_per_second": st.floats(0.001, 1e12),
    "backlog_bytes": st.integers(0, 1 << 40),
    "messages": messages,
    "count": st.one_of(st.none(), st.integers(1, 1000)),
    "seconds": st.floats(-1000, 1000).filter(bool),
    "ppm": st.integers(-999_999, 10**9).filter(bool),
    "free_bytes": st.integers(0, 1 << 40),
    "factor": st.integers(1, 10**6),
    "one_way": st.booleans(),
    "direction": st.sampled_from(list(f.Direction)),
    "members": permutations.map(tuple),
}
HAVE_DEFAULTS = {"spread", "backlog_bytes", "count", "one_way", "direction", "free_bytes", "factor"}


@st.composite
def fault_of(draw: st.DrawFn, kind: type[Fault]) -> Fault:
    """Draw a fault of one kind."""
    arguments: dict[str, Any] = {"start": draw(starts)}
    if kind.lasting:
        end = draw(st.one_of(st.none(), ends))
        arguments |= {"end": end} if end is not None else {"forever": True}
    own = [field.name for field in attrs.fields(kind) if field.name in OWN_FIELDS]
    for name in own:
        if name not in HAVE_DEFAULTS or draw(st.booleans()):
            arguments[name] = draw(OWN_FIELDS[name])
    order = draw(permutations)
    if issubclass(kind, LinkFault):
        arguments |= {"source": draw(st.sampled_from(["*", order[0]])), "target": order[1]}
    if kind is f.Partition:
        arguments["groups"] = (tuple(order[:2]), tuple(order[2:4]))
    if kind is f.Bridge:
        arguments |= {"left": order[:2], "bridge": order[2:3], "right": order[3:]}
    return kind(**arguments)


faults = st.sampled_from(FAULTS).flatmap(fault_of)
plans = st.lists(faults, max_size=6).map(lambda drawn: f.FaultPlan(tuple(drawn)))
