"""What the members said to each other before a property broke, as text."""

from kactors.checking.raft_view import MemberView
from kactors.testing.raft.protocol import Implementation
from kactors.testing.raft.recorder import Happening, Recorder

__all__ = ["MOST_LINES", "transcript"]

#: Lines of a transcript; earlier ones are counted, not shown.
MOST_LINES = 60
#: Messages of these kinds are left out: they come all the time and rarely matter.
_ROUTINE = "Heartbeat"


def transcript(
    recorder: Recorder, implementation: Implementation, *, most_lines: int = MOST_LINES
) -> str:
    """Return the last happenings before the end, one on each line.

    A message appears when it arrives, and when it leaves if it never arrives. What is said
    again before anything else happened appears once.
    """
    arrived = {each.number for each in recorder.happenings if each.what == "receive"}
    shown: list[str] = []
    said: set[str] = set()
    repeated = 0
    for each in recorder.happenings:
        if each.what == "send" and each.number in arrived:
            continue
        text = _text(each, implementation)
        if text is None:
            continue
        if each.what not in ("send", "receive"):
            said.clear()
        elif text in said:
            repeated += 1
            continue
        said.add(text)
        shown.append(f"{each.at_ns / 1e9:10.3f} s  {text}")
    left_out = max(0, len(shown) - most_lines)
    notes = [
        f"{left_out} earlier lines" if left_out else "",
        f"{repeated} repeated messages" if repeated else "",
    ]
    head = " and ".join(filter(None, notes))
    lines = [f"    ({head} are left out)"] if head else []
    return "\n".join((*lines, *shown[-most_lines:]))


def _text(happening: Happening, implementation: Implementation) -> str | None:
    member, peer, detail = happening.member, happening.peer, happening.detail
    match happening.what:
        case "receive" | "send":
            if type(detail).__name__.startswith(_ROUTINE):
                return None
            lost = happening.what == "send"
            ends = f"{member}->{peer}" if lost else f"{peer}->{member}"
            return f"{ends}  {implementation.describe(detail)}{'  (lost or late)' if lost else ''}"
        case "view":
            return f"{member}     {describe_view(detail)}"
        case "start" | "stop":
            return f"{member}     {happening.what} {detail}".rstrip()
        case "fault":
            return f"fault {detail}"
        case _:
            return f"*     {detail}"


def describe_view(view: MemberView) -> str:
    """Return what a member is, in a line."""
    voters = " ".join(map(str, view.voters))
    outgoing = f" and {' '.join(map(str, view.outgoing))}" if view.outgoing else ""
    return (
        f"{view.role} of term {view.term}, vote {view.vote or '-'}, "
        f"log {view.last_index}/{view.last_term}, commit {view.commit_index}, "
        f"voters {voters}{outgoing}"
    )
