"""One run in an interpreter of its own: its digest, so that runs can be compared.

``python -m kactors.scenario.fingerprint``, with a `_Request` as JSON on its standard input, answers
with a `Fingerprint` as JSON on its standard output. Another interpreter is needed because
strings have other hashes there: what depends on these shows nowhere else.
"""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import attrs

from kactors.evidence.digest import Checkpoint, Digest, Event
from kactors.scenario.errors import BrokenFile, ScenarioError
from kactors.scenario.loader import load, located
from kactors.scenario.run import Options, run

__all__ = ["Fingerprint", "Way", "fingerprints"]


@attrs.frozen(kw_only=True)
class Way:
    """How a run is made, which must not matter.

    Attributes:
        hash_seed: of the interpreter.
        paranoid: whether no two actors share a decoded object.
    """

    hash_seed: int
    paranoid: bool = False


@attrs.frozen
class Fingerprint:
    """What is left of a run.

    Attributes:
        events: how many messages there were.
        digest: of all of them.
        checkpoints: digests after every few thousand.
        verdict: of the run.
        kept: the events that were asked for.
    """

    events: int
    digest: str
    checkpoints: tuple[Checkpoint, ...]
    verdict: str
    kept: tuple[Event, ...]

    def hexdigest(self) -> str:
        """Return the digest of all events."""
        return self.digest


def fingerprints(
    path: Path, seed: int, ways: Sequence[Way], keep: tuple[int, int] | None = None
) -> list[Fingerprint]:
    """Make a run in each of several ways, all at the same time.

    Args:
        path: of the scenario.
        seed: of the run.
        ways: one interpreter for each.
        keep: the numbers of the events to be kept: from, and up to but not including.

    Raises:
        BrokenFile: a goal raised; or an interpreter ended for another reason.
    """
    children = []
    for way in ways:
        child = subprocess.Popen(
            [sys.executable, "-m", "kactors.scenario.fingerprint"],
            env={**os.environ, "PYTHONHASHSEED": str(way.hash_seed)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        children.append(child)
    asked = [
        json.dumps({"path": str(path), "seed": seed, "paranoid": way.paranoid, "keep": keep})
        for way in ways
    ]
    try:
        for child, request in zip(children, asked, strict=True):
            assert child.stdin is not None, "the child was given a pipe"
            child.stdin.write(request)
            child.stdin.close()
            child.stdin = None  # it is not to be flushed again
        return [_read(child.communicate()[0], path) for child in children]
    finally:
        for child in children:
            child.kill()
            with child:  # closes its pipes, and waits
                pass


def _read(text: str, path: Path) -> Fingerprint:
    try:
        said: dict[str, Any] = json.loads(text)
    except ValueError:
        raise BrokenFile(path, 0, "the interpreter that ran it has died: see above") from None
    if "problem" in said:
        raise BrokenFile(path, said["line"], said["problem"])
    return Fingerprint(
        events=said["events"],
        digest=said["digest"],
        checkpoints=tuple(Checkpoint(*pair) for pair in said["checkpoints"]),
        verdict=said["verdict"],
        kept=tuple(
            Event(time_ns, sequence, tuple(source), tuple(target), bytes.fromhex(payload))
            for time_ns, sequence, source, target, payload in said["kept"]
        ),
    )


def _answer(asked: dict[str, Any]) -> dict[str, Any]:
    keep = None if asked["keep"] is None else (asked["keep"][0], asked["keep"][1])
    digest = Digest(keep=keep)
    try:
        loaded = load(Path(asked["path"]))
        with located(loaded.path, loaded.source):
            options = Options(paranoid=asked["paranoid"], digest=digest)
            outcome, _ = run(loaded.scenario, asked["seed"], options)
    except BrokenFile as problem:
        return {"problem": problem.problem, "line": problem.line}
    except ScenarioError as problem:
        return {"problem": str(problem), "line": 0}
    return {
        "events": digest.events,
        "digest": digest.hexdigest(),
        "checkpoints": [(each.events, each.digest) for each in digest.checkpoints],
        "verdict": outcome.verdict,
        "kept": [(*event[:4], event.payload.hex()) for event in digest.kept],
    }


if __name__ == "__main__":
    json.dump(_answer(json.load(sys.stdin)), sys.stdout)
