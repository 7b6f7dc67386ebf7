"""Role-based access control: what the roles that are bound to a user allow.

Theory of operation
===================

Bindings and roles are read from the watch cache. For every user the rules that count in a namespace
are gathered once, and for every question about a kind of object (verb, group, resource) once more,
to one of three answers: none, all, or these names. What was gathered is forgotten as soon as any
role or binding changes, which in a running cluster they hardly ever do.

Source: ``plugin/pkg/auth/authorizer/rbac/rbac.go`` and ``pkg/registry/rbac/validation/rule.go`` of
Kubernetes.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import attrs

from kactors.api.objects import Object, field
from kactors.apiserver.authentication.user import User, service_account_name
from kactors.apiserver.authorization.attributes import Attributes
from kactors.apiserver.cache.watch_cache import WatchCache
from kactors.apiserver.cache.watchers import EVERYTHING, Scope

_ALL: Final = "*"
#: Answers that are remembered: clients choose the questions, so there must be an end to them.
_REMEMBERED: Final = 65_536
_Subject = tuple[str, str]
#: None: nothing is allowed; an empty set: everything; otherwise these names.
_Names = frozenset[str] | None


@attrs.frozen
class RbacCaches:
    """The watch caches of the four kinds of objects that RBAC reads."""

    roles: WatchCache
    role_bindings: WatchCache
    cluster_roles: WatchCache
    cluster_role_bindings: WatchCache

    def version(self) -> tuple[int, int, int, int]:
        """Return what changes with every change."""
        return (
            self.roles.version,
            self.role_bindings.version,
            self.cluster_roles.version,
            self.cluster_role_bindings.version,
        )


class RbacAuthorizer:
    """Decides by roles and bindings."""

    def __init__(self, caches: RbacCaches) -> None:
        self._caches = caches
        self._version: tuple[int, int, int, int] | None = None
        #: namespace ("" for the cluster) -> subject -> bindings
        self._bindings: dict[str, dict[_Subject, list[Object]]] = {}
        self._rules: dict[tuple[User, str], list[Object]] = {}
        self._answers: dict[tuple[User, str, str, str, str], _Names] = {}

    def allows(self, asked: Attributes) -> bool:
        """Tell whether some role allows it."""
        self._follow()
        question = (asked.user, asked.namespace, asked.verb, asked.group, asked.full_resource)
        try:
            names = self._answers[question]
        except KeyError:
            if len(self._answers) >= _REMEMBERED:
                self._answers.clear()
                self._rules.clear()
            rules = self.rules_for(asked.user, asked.namespace)
            names = self._answers[question] = _names(rules, asked)
        return names is not None and (not names or asked.name in names)

    def rules_for(self, user: User, namespace: str) -> Sequence[Object]:
        """Return the rules that count for a user in a namespace, the cluster's included."""
        self._follow()
        found = self._rules.get((user, namespace))
        if found is None:
            found = self._rules[user, namespace] = list(self._gathered(user, namespace))
        return found

    def _gathered(self, user: User, namespace: str) -> Iterator[Object]:
        subjects = [("User", user.name), *(("Group", group) for group in user.groups)]
        for where in ("", namespace) if namespace else ("",):
            bindings = self._bindings.get(where, {})
            for subject in subjects:
                for binding in bindings.get(subject, ()):
                    yield from self.rules_of(binding["roleRef"], where)

    def rules_of(self, role_ref: Object, namespace: str) -> Sequence[Object]:
        """Return the rules of the role that a binding in ``namespace`` refers to."""
        name = role_ref["name"]
        if role_ref["kind"] == "ClusterRole":
            role = self._caches.cluster_roles.get("", name)
        else:
            role = self._caches.roles.get(namespace, name)
        return () if role is None else role.object.get("rules") or ()

    def _follow(self) -> None:
        version = self._caches.version()
        if version == self._version:
            return
        self._version = version
        self._rules.clear()
        self._answers.clear()
        self._bindings.clear()
        caches = self._caches
        for entry in caches.cluster_role_bindings.select(EVERYTHING):
            self._bind("", entry.object)
        for entry in caches.role_bindings.select(Scope()):
            self._bind(entry.namespace, entry.object)

    def _bind(self, namespace: str, binding: Object) -> None:
        bindings = self._bindings.setdefault(namespace, {})
        for subject in binding.get("subjects") or ():
            kind, name = subject["kind"], subject["name"]
            if kind == "ServiceAccount":
                kind = "User"
                name = service_account_name(subject.get("namespace") or namespace, name)
            bindings.setdefault((kind, name), []).append(binding)


def _names(rules: Iterable[Object], asked: Attributes) -> _Names:
    """Return on which objects the rules allow the verb, whatever the name that is asked for."""
    names: set[str] = set()
    for rule in rules:
        if rule_covers(rule, asked):
            allowed = rule.get("resourceNames")
            if not allowed:
                return frozenset()
            names.update(allowed)
    return frozenset(names) or None


def rule_covers(rule: Object, asked: Attributes) -> bool:
    """Tell whether a rule is about this verb on this resource; names are not looked at.

    Source: ``pkg/apis/rbac/v1/evaluation_helpers.go``, `VerbMatches` and the like.
    """
    verbs, groups = rule["verbs"], rule.get("apiGroups") or ()
    if _ALL not in verbs and asked.verb not in verbs:
        return False
    if _ALL not in groups and asked.group not in groups:
        return False
    for resource in rule.get("resources") or ():
        if resource in {_ALL, asked.full_resource}:
            return True
        # "*/scale" is that subresource of every resource.
        if asked.subresource and resource == f"{_ALL}/{asked.subresource}":
            return True
    return False


def rule_allows(rule: Object, asked: Attributes) -> bool:
    """Tell whether a rule allows it."""
    names = field(rule, "resourceNames", default=())
    return rule_covers(rule, asked) and (not names or asked.name in names)
