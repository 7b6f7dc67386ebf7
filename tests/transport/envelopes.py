"""Envelopes for the tests of the live transports: plain ones, and a strategy for any."""

from hypothesis import strategies as st

from kactors.transport.envelope import Address, Envelope, Kind

_COUNTS = st.integers(min_value=0, max_value=2**63 - 1)
_TEXT = st.characters(codec="utf-8")

hosts = st.text(_TEXT.filter(lambda character: character != "/"), min_size=1, max_size=40)
addresses = st.builds(Address, hosts, st.text(_TEXT, min_size=1, max_size=40))
any_envelope = st.builds(
    Envelope,
    kind=st.sampled_from([int(kind) for kind in Kind]),
    source=addresses,
    source_incarnation=_COUNTS,
    target=addresses,
    target_incarnation=_COUNTS,
    id=_COUNTS,
    number=_COUNTS,
    deadline_ns=st.integers(min_value=-1, max_value=2**63 - 1),
    payload=st.binary(max_size=300),
)


def envelope(source: str, target: str, number: int = 0, payload: bytes = b"") -> Envelope:
    """Return a plain envelope from an actor of one host to one of another."""
    return Envelope(
        kind=int(Kind.SEND),
        source=Address(source, "asker"),
        source_incarnation=1,
        target=Address(target, "answerer"),
        target_incarnation=0,
        id=0,
        number=number,
        deadline_ns=-1,
        payload=payload,
    )
