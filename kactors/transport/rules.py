"""The links of a world, and who has set which rules on them."""

from collections.abc import Callable, Collection
from typing import Final

from kactors.transport.latency import LAN, LOOPBACK, Latency
from kactors.transport.link import AppliedRule, Felt, Link, LinkRule, Setting

ANY: Final = "*"
"""Stands for every host, as source or target of a rule."""

Hosts = str | Collection[str]
"""One host, several, or `ANY`."""

LatencyOf = Callable[[str, str], Latency]
"""Gives the latency of the link from one host to another; asked once per link."""


def same_everywhere(latency: Latency, *, loopback: Latency = LOOPBACK) -> LatencyOf:
    """Return the latencies of a world where all hosts are equally far apart."""
    return lambda source, target: loopback if source == target else latency


class LinkRules:
    """Every link of a world, and the rules in force on them.

    A host's link to itself is met only by rules that name it as both source and target:
    what happens on the network does not part a host from itself.

    Args:
        seed: of the world.
        latency_of: how far hosts are apart; by default `LAN` everywhere.
    """

    def __init__(self, seed: int, latency_of: LatencyOf | None = None) -> None:
        self._seed = seed
        self._latency_of = latency_of or same_everywhere(LAN)
        self._links: dict[tuple[str, str], Link] = {}
        self._settings: list[Setting] = []
        self._spared: frozenset[str] = frozenset()
        self._felt: dict[str, Felt] = {}
        self.on_change: list[Callable[[Link], None]] = []

    def link(self, source: str, target: str) -> Link:
        """Return the link from one host to another; always the same object."""
        found = self._links.get((source, target))
        if found is None:
            found = Link(self._seed, source, target, self._latency_of(source, target))
            self._links[source, target] = found
            self._refresh(found)
        return found

    def links(self) -> tuple[Link, ...]:
        """Return the links that were used so far, in the order of their first use."""
        return tuple(self._links.values())

    def set(self, owner: str, source: Hosts, target: Hosts, rule: LinkRule) -> None:
        """Put a rule in force; a former one of this owner on the same hosts is replaced.

        Args:
            owner: who may take it back. It also keys the rule's chance, so let it be the
                same in every run.
            source: whose messages it meets.
            target: to whom they go.
            rule: what befalls them.
        """
        felt = self._felt.setdefault(owner, Felt())
        new = Setting(owner, _host_set(source), _host_set(target), rule, felt)
        self._settings = [old for old in self._settings if old.key != new.key]
        self._settings.append(new)
        self._changed(new)

    def clear(self, owner: str) -> None:
        """Take back all rules of an owner; messages that they held are let go."""
        gone = [setting for setting in self._settings if setting.owner == owner]
        self._settings = [setting for setting in self._settings if setting.owner != owner]
        for setting in gone:
            self._changed(setting)

    def clear_all(self) -> None:
        """Take back every rule of every owner."""
        for owner in self.owners():
            self.clear(owner)

    def owners(self) -> tuple[str, ...]:
        """Return who has rules in force, in the order in which they began."""
        return tuple(dict.fromkeys(setting.owner for setting in self._settings))

    def felt(self, owner: str) -> int:
        """Return how many messages have met the rules of an owner, also of former ones."""
        counter = self._felt.get(owner)
        return counter.messages if counter is not None else 0

    def spare(self, hosts: Collection[str]) -> None:
        """Let no rule meet messages between these hosts, from now on and whoever sets it."""
        self._spared = frozenset(hosts)
        self._tell(list(self._links.values()))

    def _changed(self, setting: Setting) -> None:
        sources, targets = setting.sources, setting.targets
        if sources is None or targets is None or len(sources) * len(targets) > len(self._links):
            met = [
                link for link in self._links.values() if setting.covers(link.source, link.target)
            ]
        else:
            pairs = [(source, target) for source in sorted(sources) for target in sorted(targets)]
            met = [self._links[pair] for pair in pairs if pair in self._links]
        self._tell(met)

    def _tell(self, changed: list[Link]) -> None:
        for link in changed:
            self._refresh(link)
        # Only when all are up to date: a listener may send on any of them.
        for link in changed:
            for listener in self.on_change:
                listener(link)

    def _refresh(self, link: Link) -> None:
        """Bring a link's rules up to date; those that stay keep their streams and queues."""
        if link.source in self._spared and link.target in self._spared:
            link.rules = ()
            return
        before = {applied.setting: applied for applied in link.rules}
        link.rules = tuple(
            before.get(setting) or AppliedRule(self._seed, setting, link.source, link.target)
            for setting in self._settings
            if setting.covers(link.source, link.target)
        )


def _host_set(hosts: Hosts) -> frozenset[str] | None:
    if hosts == ANY:
        return None
    return frozenset([hosts] if isinstance(hosts, str) else hosts)
