"""The replay token: a line that names a run exactly.

``kactors-1:BUILD:SCENARIO:SEED:PLAN``: on the same build, and with the same scenario file, it is
the same run, event by event. On another build the seed may mean another run; the replay *file*
(`kactors.scenario.replay`) then has the faults themselves.
"""

import hashlib

import attrs

from kactors.scenario.build import build_id
from kactors.scenario.errors import UnknownToken
from kactors.scenario.scenario import Scenario

__all__ = ["Token", "digest_of", "token_for"]

_SCHEMA = "kactors-1"


@attrs.frozen
class Token:
    """What a replay token says.

    Attributes:
        build: of the run.
        scenario: its name.
        seed: of the run.
        plan: digest of the scenario as it was run, with the plan that was drawn.
    """

    build: str
    scenario: str
    seed: int
    plan: str

    def __str__(self) -> str:
        return f"{_SCHEMA}:{self.build}:{self.scenario}:{self.seed}:{self.plan}"

    @classmethod
    def parse(cls, text: str) -> "Token":
        """Read a token.

        Raises:
            UnknownToken: it is none.
        """
        parts = text.strip().split(":")
        if len(parts) != 5 or parts[0] != _SCHEMA:
            raise UnknownToken(
                f"{text!r} is no replay token: give {_SCHEMA}:BUILD:SCENARIO:SEED:PLAN as "
                "`kactors run` printed it, or a file"
            )
        try:
            seed = int(parts[3])
        except ValueError:
            raise UnknownToken(f"{text!r} has the seed {parts[3]!r}: give a number") from None
        return cls(parts[1], parts[2], seed, parts[4])


def digest_of(scenario: Scenario) -> str:
    """Return twelve digits that change with anything in a scenario."""
    return hashlib.blake2b(repr(scenario).encode(), digest_size=6).hexdigest()


def token_for(scenario: Scenario, seed: int) -> Token:
    """Return the token of a run of this build."""
    return Token(build_id(), scenario.name, seed, digest_of(scenario))
