"""What the query of a request says: how to list, how to watch, how to write.

Source: ``staging/src/k8s.io/apimachinery/pkg/apis/meta/internalversion/validation/validation.go``
of Kubernetes.
"""

from collections.abc import Mapping
from typing import Final

import attrs

from kactors.api.errors import BadRequest, Invalid, MalformedSelector
from kactors.api.field_errors import FieldError, forbidden, invalid, not_supported
from kactors.api.fields import EVERY_FIELD, FieldSelector
from kactors.api.labels import EVERYTHING, LabelSelector
from kactors.api.objects import Object
from kactors.api.schema import conform

NOT_OLDER_THAN: Final = "NotOlderThan"
EXACT: Final = "Exact"
_MATCHES: Final = (EXACT, NOT_OLDER_THAN)
_TRUE: Final = ("true", "1", "True", "TRUE", "t", "T")
_FALSE: Final = ("false", "0", "False", "FALSE", "f", "F", "")
_REVISION_MAX: Final = (1 << 63) - 1

Query = Mapping[str, str]


@attrs.frozen
class ListOptions:
    """How to list or watch.

    Attributes:
        labels: which labels objects must have.
        fields: which fields.
        revision: ``resourceVersion``; None if it was not given: then the state must be the newest.
        match: ``resourceVersionMatch``; empty if it was not given.
        limit: objects in one page; 0 is no limit.
        continue_token: where the next page begins; empty for the first one.
        timeout_s: of a watch; 0 lets the server choose.
        bookmarks: whether a watch may have bookmarks.
        initial_events: ``sendInitialEvents``; None if it was not given.
    """

    labels: LabelSelector = EVERYTHING
    fields: FieldSelector = EVERY_FIELD
    revision: int | None = None
    match: str = ""
    limit: int = 0
    continue_token: str = ""
    timeout_s: int = 0
    bookmarks: bool = False
    initial_events: bool | None = None

    @classmethod
    def parse(cls, query: Query, *, watch: bool = False) -> "ListOptions":
        """Return what a query says.

        Raises:
            BadRequest: something is not what it should be: a number, a selector.
            Invalid: what was given does not go together.
        """
        try:
            labels = LabelSelector.parse(query.get("labelSelector", ""))
            fields = FieldSelector.parse(query.get("fieldSelector", ""))
        except MalformedSelector as problem:
            raise BadRequest(str(problem)) from problem
        initial = query.get("sendInitialEvents")
        options = cls(
            labels=labels,
            fields=fields,
            revision=revision_in(query),
            match=query.get("resourceVersionMatch", ""),
            limit=_number(query, "limit"),
            continue_token=query.get("continue", ""),
            timeout_s=_number(query, "timeoutSeconds"),
            bookmarks=_truth(query, "allowWatchBookmarks"),
            initial_events=None if initial is None else _truth(query, "sendInitialEvents"),
        )
        faults = options._watch_faults() if watch else options._list_faults()
        if faults:
            raise Invalid("ListOptions", "", faults, group="meta.k8s.io")
        return options

    def _list_faults(self) -> list[FieldError]:
        where, found = "resourceVersionMatch", []
        if self.initial_events is not None:
            detail = "sendInitialEvents is forbidden for list"
            found.append(forbidden("sendInitialEvents", detail))
        if not self.match:
            return found
        if self.continue_token:
            detail = "resourceVersionMatch is forbidden when continue is provided"
            found.append(forbidden(where, detail))
        if self.revision is None:
            detail = "resourceVersionMatch is forbidden unless resourceVersion is provided"
            found.append(forbidden(where, detail))
        if self.match not in _MATCHES:
            found.append(not_supported(where, self.match, (EXACT, NOT_OLDER_THAN, "")))
        elif self.match == EXACT and self.revision == 0:
            detail = 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'
            found.append(forbidden(where, detail))
        return found

    def _watch_faults(self) -> list[FieldError]:
        where, found = "resourceVersionMatch", []
        if self.initial_events is None:
            if self.match:
                detail = f"{where} is forbidden for watch unless sendInitialEvents is provided"
                found.append(forbidden(where, detail))
            return found
        if self.match != NOT_OLDER_THAN:
            detail = "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"
            found.append(forbidden(where, detail))
        if not self.bookmarks:
            detail = "sendInitialEvents requires setting allowWatchBookmarks"
            found.append(forbidden("allowWatchBookmarks", detail))
        if self.continue_token:
            found.append(forbidden("continue", "continue is forbidden for watch"))
        return found


@attrs.frozen
class WriteOptions:
    """How to write.

    Attributes:
        dry_run: do everything but write.
        field_validation: what to do about unknown fields: Ignore, Warn or Strict.
        field_manager: who writes; empty if it was not given.
    """

    dry_run: bool = False
    field_validation: str = "Warn"
    field_manager: str = ""

    @classmethod
    def parse(cls, query: Query, kind: str) -> "WriteOptions":
        """Return what a query says.

        Args:
            query: of the request.
            kind: of the options, for errors: ``CreateOptions``, ``UpdateOptions``, ...

        Raises:
            Invalid: a value is not one of those that there are.
        """
        faults: list[FieldError] = []
        given = query.get("dryRun", "")
        if given not in {"", "All"}:
            faults.append(not_supported("dryRun", given, ("All",)))
        validation = query.get("fieldValidation", "")
        if validation not in {"", "Ignore", "Warn", "Strict"}:
            faults.append(
                not_supported("fieldValidation", validation, ("Ignore", "Strict", "Warn"))
            )
        manager = query.get("fieldManager", "")
        if len(manager) > 128:
            faults.append(invalid("fieldManager", manager, "may not be more than 128 bytes"))
        if faults:
            raise Invalid(kind, "", faults, group="meta.k8s.io")
        return cls(given == "All", validation or "Warn", manager)


@attrs.frozen
class DeleteOptions:
    """How to delete.

    Attributes:
        grace_s: ``gracePeriodSeconds``; None lets the kind choose.
        uid: which the object must have; empty for any.
        resource_version: which the object must have; empty for any.
        propagation: Orphan, Background or Foreground; empty lets the kind choose.
        orphan_dependents: the older way to say Orphan; None if it was not given.
        dry_run: do everything but write.
    """

    grace_s: int | None = None
    uid: str = ""
    resource_version: str = ""
    propagation: str = ""
    orphan_dependents: bool | None = None
    dry_run: bool = False

    @classmethod
    def parse(cls, query: Query, body: Object) -> "DeleteOptions":
        """Return what a query and a body say; the body counts where both say something.

        Raises:
            BadRequest: something is not what it should be.
            Invalid: a value is not one of those that there are, or two contradict each other.
        """
        body = conform("meta.v1.DeleteOptions", body).obj
        text = query.get("gracePeriodSeconds")
        grace = body.get("gracePeriodSeconds", None if text is None else _integer(text))
        required = body.get("preconditions") or {}
        propagation = body.get("propagationPolicy") or query.get("propagationPolicy") or ""
        orphan = body.get("orphanDependents")
        if orphan is None and "orphanDependents" in query:
            orphan = _truth(query, "orphanDependents")
        dry_run = body.get("dryRun") or [item for item in (query.get("dryRun"),) if item]
        faults = _delete_faults(propagation, orphan, dry_run)
        if faults:
            raise Invalid("DeleteOptions", "", faults, group="meta.k8s.io")
        return cls(
            grace,
            required.get("uid", ""),
            required.get("resourceVersion", ""),
            propagation,
            orphan,
            bool(dry_run),
        )


def _delete_faults(
    propagation: str, orphan: bool | None, dry_run: list[object]
) -> list[FieldError]:
    faults = []
    if propagation and orphan is not None:
        detail = "orphanDependents and deletionPropagation cannot be both set"
        faults.append(invalid("propagationPolicy", propagation, detail))
    known = ("Background", "Foreground", "Orphan")
    if propagation and propagation not in known:
        faults.append(not_supported("propagationPolicy", propagation, known))
    if any(item != "All" for item in dry_run):
        faults.append(not_supported("dryRun", dry_run, ("All",)))
    return faults


def revision_in(query: Query) -> int | None:
    """Return ``resourceVersion``; None if it was not given.

    Raises:
        BadRequest: it is no revision.
    """
    text = query.get("resourceVersion", "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit()) or int(text) > _REVISION_MAX:
        raise BadRequest(f'Invalid value: "{text}": resourceVersion must be a decimal number')
    return int(text)


def _number(query: Query, name: str) -> int:
    text = query.get(name, "")
    return max(0, _integer(text)) if text else 0


def _integer(text: str) -> int:
    try:
        found = int(text)
    except ValueError:
        raise BadRequest(f'strconv.ParseInt: parsing "{text}": invalid syntax') from None
    if abs(found) > _REVISION_MAX:
        raise BadRequest(f'strconv.ParseInt: parsing "{text}": value out of range')
    return found


def _truth(query: Query, name: str) -> bool:
    text = query.get(name, "")
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    raise BadRequest(f'strconv.ParseBool: parsing "{text}": invalid syntax')
