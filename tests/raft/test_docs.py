"""The guide runs."""

import re
from pathlib import Path

_GUIDE = Path(__file__).parents[2] / "docs" / "raft.md"


def test_the_driver_in_the_guide_drives() -> None:
    """Its code ends with an assertion of its own."""
    [program] = re.findall(r"```python\n(.*?)```", _GUIDE.read_text(), re.DOTALL)

    exec(compile(program, str(_GUIDE), "exec"), {"__name__": "guide"})


def test_the_guide_names_what_exists() -> None:
    """Every place in the table of decisions can be replaced there."""
    table = _GUIDE.read_text().split("## Where each decision stands")[1].split("## Differences")[0]
    places = re.findall(r"\| ([^|]*`[^|]*) \|$", table, re.MULTILINE)
    assert len(places) > 15

    for place in places:
        owner = ""
        for name in re.findall(r"`([\w.]+)`", place):
            owner, attribute = name.rsplit(".", 1) if "." in name else (owner, name)
            assert exists(owner, attribute), f"{owner}.{attribute} is not there"


def exists(owner: str, attribute: str) -> bool:
    """Answer whether a module or a class of the package has such an attribute."""
    import kactors.raft.progress
    import kactors.raft.uncommitted

    package = vars(kactors.raft)
    classes = {
        "RaftLog": package["log"].RaftLog,
        "Progress": kactors.raft.progress.Progress,
    }
    standing_alone = {**vars(kactors.raft.progress), **vars(kactors.raft.uncommitted)}
    home = classes.get(owner) or package.get(owner)
    return hasattr(home, attribute) or attribute in standing_alone
