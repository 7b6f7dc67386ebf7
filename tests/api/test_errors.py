"""Errors and the Status objects that stand for them."""

import pytest

from kactors.api import errors
from kactors.api.errors import ApiError, Cause, from_status
from kactors.api.field_errors import (
    FieldError,
    duplicate,
    forbidden,
    invalid,
    not_found,
    not_supported,
    required,
    too_long,
    too_many,
    type_invalid,
)
from kactors.api.objects import Object

ALL: list[ApiError] = [
    errors.NotFound("pods", "p"),
    errors.AlreadyExists("deployments", "d", group="apps"),
    errors.Conflict("pods", "p"),
    errors.Forbidden("pods", "p", "no"),
    errors.Invalid("Pod", "p", [required("spec.containers")]),
    errors.BadRequest("what?"),
    errors.Unauthorized(),
    errors.MethodNotAllowed("pods", "sing"),
    errors.NotAcceptable("no such form"),
    errors.Expired("too old resource version: 5 (9)"),
    errors.RequestEntityTooLarge("limit is 3145728"),
    errors.UnsupportedMediaType(["application/json"]),
    errors.TooManyRequests("later", retry_after_s=1),
    errors.InternalError("oh"),
    errors.ServerTimeout("pods", "list", retry_after_s=2),
    errors.ServiceUnavailable("starting"),
    errors.Timeout("x", retry_after_s=1, causes=(Cause(errors.TOO_LARGE_RESOURCE_VERSION, "y"),)),
]


@pytest.mark.parametrize("error", ALL, ids=lambda error: error.reason)
def test_round_trip(error: ApiError) -> None:
    """A Status gives back an exception of the same class that says the same."""
    again = from_status(error.status())
    assert type(again) is type(error)
    assert again.status() == error.status()
    assert str(again) == str(error)
    assert again.retry_after_s == error.retry_after_s
    assert error.code >= 400


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (errors.NotFound("pods", "p"), 'pods "p" not found'),
        (errors.AlreadyExists("jobs", "j", group="batch"), 'jobs.batch "j" already exists'),
        (errors.Conflict("pods", "p", "changed"),
         'Operation cannot be fulfilled on pods "p": changed'),
        (errors.Forbidden("pods", "p", "no"), 'pods "p" is forbidden: no'),
        (errors.Forbidden("pods", "", "no"), "pods is forbidden: no"),
        (errors.Forbidden("", "", "no"), "forbidden: no"),
        (errors.Invalid("Pod", "p", []), 'Pod "p" is invalid'),
        (errors.InternalError("oh"), "Internal error occurred: oh"),
        (errors.Timeout("x"), "Timeout: x"),
        (errors.MethodNotAllowed("pods", "sing"),
         'sing is not supported on resources of kind "pods"'),
    ],
)  # fmt: skip
def test_messages(error: ApiError, message: str) -> None:
    """They are upstream's."""
    assert error.message == message


def test_an_invalid_object_has_its_causes() -> None:
    """Each fault of a field is a cause; the message has all of them, none twice."""
    faults = [required("a"), invalid("b", 1, "no"), invalid("b", 1, "no")]
    error = errors.Invalid("Deployment", "d", faults, group="apps")
    assert error.message == (
        'Deployment.apps "d" is invalid: [a: Required value, b: Invalid value: 1: no]'
    )
    details = error.status()["details"]
    assert (details["kind"], details["group"], details["name"]) == ("Deployment", "apps", "d")
    assert details["causes"][0] == {
        "reason": "FieldValueRequired", "message": "Required value", "field": "a",
    }  # fmt: skip
    assert error.has_cause("FieldValueInvalid")
    assert not error.has_cause("FieldValueDuplicate")
    assert error.errors == tuple(faults)


def test_an_unknown_reason_is_a_plain_error() -> None:
    """The code of the Status is kept."""
    error = from_status({"kind": "Status", "code": 418, "reason": "Teapot", "message": "m"})
    assert type(error) is ApiError
    assert (error.code, error.message) == (418, "m")
    assert ApiError("m", code=599).code == 599


@pytest.mark.parametrize(
    ("status", "cls"),
    [
        ({"code": 404}, errors.NotFound),
        ({"code": 503, "reason": "Odd"}, errors.ServiceUnavailable),
        ({"code": 410, "reason": "Gone"}, errors.Expired),
        ({"code": 409}, ApiError),
        ({"code": 500}, ApiError),
        ({}, ApiError),
    ],
)
def test_without_a_reason_the_code_decides(status: Object, cls: type[ApiError]) -> None:
    """Where it says enough; the error keeps it."""
    error = from_status(status)
    assert type(error) is cls
    assert error.code == status.get("code", 500)


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (required("a", "say"), "a: Required value: say"),
        (invalid("a", "x", "bad"), 'a: Invalid value: "x": bad'),
        (invalid("a", None, "bad"), 'a: Invalid value: "null": bad'),
        (invalid("a", {"b": [1]}, "bad"), 'a: Invalid value: {"b":[1]}: bad'),
        (not_supported("a", "x", ["y", "z"]),
         'a: Unsupported value: "x": supported values: "y", "z"'),
        (forbidden("a", "never"), "a: Forbidden: never"),
        (duplicate("a", "x"), 'a: Duplicate value: "x"'),
        (not_found("a", "x"), 'a: Not found: "x"'),
        (too_long("a", 3), "a: Too long: may not be more than 3 bytes"),
        (too_many("a", 5, 3), "a: Too many: 5: must have at most 3 items"),
        (type_invalid("a", True, "bad"), "a: Invalid value: true: bad"),
    ],
)  # fmt: skip
def test_field_errors(error: FieldError, text: str) -> None:
    """They are upstream's, with the value where upstream shows it."""
    assert str(error) == text
