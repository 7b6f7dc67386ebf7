"""Names: which are allowed, and how the server makes one up.

Each ``is_*`` function returns what is wrong, as upstream words it; an empty tuple means nothing.

Source: kubernetes apimachinery pkg/util/validation/validation.go, apiserver pkg/storage/names.
"""

import re
from collections.abc import Callable
from functools import lru_cache

__all__ = ["generate_name", "is_config_map_key", "is_dns1035_label", "is_dns1123_label",
           "is_dns1123_subdomain", "is_env_var_name", "is_ip", "is_label_value",
           "is_path_segment_name", "is_percent", "is_port_name", "is_port_number",
           "is_qualified_name", "prefix_of"]  # fmt: skip

Faults = tuple[str, ...]

_LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = rf"{_LABEL}(\.{_LABEL})*"
_DNS1035 = "[a-z]([-a-z0-9]*[a-z0-9])?"
_QUALIFIED = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_LABEL_VALUE = f"(({_QUALIFIED})?)"
_CONFIG_KEY = "[-._a-zA-Z0-9]+"
_PERCENT = "[0-9]+%"

_LABEL_MESSAGE = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', "
    "and must start and end with an alphanumeric character"
)
_SUBDOMAIN_MESSAGE = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or "
    "'.', and must start and end with an alphanumeric character"
)
_DNS1035_MESSAGE = (
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an "
    "alphabetic character, and end with an alphanumeric character"
)
_NAME_PART_MESSAGE = (
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end "
    "with an alphanumeric character"
)
_LABEL_VALUE_MESSAGE = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or "
    "'.', and must start and end with an alphanumeric character"
)
_PORT_CHARACTERS = (
    "must contain only alpha-numeric characters (a-z, 0-9), "  # codespell:ignore
    "and hyphens (-)"
)


def _too_long(value: str, limit: int) -> Faults:
    # Length is counted in bytes, as Go does.
    return (f"must be no more than {limit} characters",) if len(value.encode()) > limit else ()


def _unlike(message: str, pattern: str, *examples: str) -> str:
    shown = " or ".join(f"'{example}', " for example in examples)
    return f"{message} (e.g. {shown}regex used for validation is '{pattern}')"


@lru_cache(maxsize=16384)
def is_dns1123_label(value: str) -> Faults:
    """Tell what keeps ``value`` from being an RFC 1123 label: at most 63 characters, no dots."""
    faults = _too_long(value, 63)
    if not re.fullmatch(_LABEL, value):
        if re.fullmatch(_SUBDOMAIN, value):
            return (*faults, "must not contain dots")
        return (*faults, _unlike(_LABEL_MESSAGE, _LABEL, "my-name", "123-abc"))
    return faults


@lru_cache(maxsize=16384)
def is_dns1123_subdomain(value: str) -> Faults:
    """Tell what keeps ``value`` from being an RFC 1123 subdomain: at most 253 characters."""
    faults = _too_long(value, 253)
    if not re.fullmatch(_SUBDOMAIN, value):
        return (*faults, _unlike(_SUBDOMAIN_MESSAGE, _SUBDOMAIN, "example.com"))
    return faults


def is_dns1035_label(value: str) -> Faults:
    """Tell what keeps ``value`` from being an RFC 1035 label, as names of Services must be."""
    faults = _too_long(value, 63)
    if not re.fullmatch(_DNS1035, value):
        return (*faults, _unlike(_DNS1035_MESSAGE, _DNS1035, "my-name", "abc-123"))
    return faults


@lru_cache(maxsize=16384)
def is_qualified_name(value: str) -> Faults:
    """Tell what keeps ``value`` from being a key of a label: ``[prefix/]name``."""
    prefix, slash, name = value.rpartition("/")
    faults: list[str] = []
    if slash:
        if "/" in prefix:
            example = _unlike(
                "a qualified name must consist of alphanumeric characters, '-', '_' or '.', and "
                "must start and end with an alphanumeric character",
                _QUALIFIED, "MyName", "my.name", "123-abc",
            )  # fmt: skip
            extra = "with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
            return (f"{example} {extra}",)
        if not prefix:
            faults.append("prefix part must be non-empty")
        else:
            faults += [f"prefix part {fault}" for fault in is_dns1123_subdomain(prefix)]
    if not name:
        faults.append("name part must be non-empty")
    elif len(name) > 63:
        faults.append("name part must be no more than 63 characters")
    if not re.fullmatch(_QUALIFIED, name):
        faults.append(_unlike(_NAME_PART_MESSAGE, _QUALIFIED, "MyName", "my.name", "123-abc"))
    return tuple(faults)


@lru_cache(maxsize=16384)
def is_label_value(value: str) -> Faults:
    """Tell what keeps ``value`` from being the value of a label; empty is good."""
    faults = _too_long(value, 63)
    if not re.fullmatch(_LABEL_VALUE, value):
        message = _unlike(_LABEL_VALUE_MESSAGE, _LABEL_VALUE, "MyValue", "my_value", "12345")
        return (*faults, message)
    return faults


def is_path_segment_name(value: str) -> Faults:
    """Tell what keeps ``value`` from being one part of a URL's path; the names of roles are such.

    Source: kubernetes apimachinery pkg/api/validation/path/name.go.
    """
    if value in {".", ".."}:
        return (f"may not be '{value}'",)
    return tuple(f"may not contain '{each}'" for each in "/%" if each in value)


def is_config_map_key(value: str) -> Faults:
    """Tell what keeps ``value`` from being a key in a ConfigMap or Secret."""
    faults = _too_long(value, 253)
    if not re.fullmatch(_CONFIG_KEY, value):
        message = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'"
        return (*faults, _unlike(message, _CONFIG_KEY, "key.name", "KEY_NAME", "key-name"))
    return faults + _directory(value)


def _directory(value: str) -> Faults:
    if value in {".", ".."}:
        return (f"must not be '{value}'",)
    return ("must not start with '..'",) if value.startswith("..") else ()


def is_env_var_name(value: str) -> Faults:
    """Tell what keeps ``value`` from being the name of an environment variable (relaxed form)."""
    if not value:
        return ("environment variable name must be non-empty",)
    if not all(" " <= each <= "~" and each != "=" for each in value):
        message = (
            "a valid environment variable name must consist only of printable ASCII characters"
        )
        return (f"{message} other than '='",)
    return ()


def is_port_number(value: int) -> Faults:
    """Tell what keeps ``value`` from being a port: 1 to 65535."""
    return () if 1 <= value <= 65535 else ("must be between 1 and 65535, inclusive",)


def is_port_name(value: str) -> Faults:
    """Tell what keeps ``value`` from being the name of a port (IANA_SVC_NAME)."""
    rules = (
        (len(value) > 15, "must be no more than 15 characters"),
        (not re.fullmatch("[-a-z0-9]+", value), _PORT_CHARACTERS),
        (not re.search("[a-z]", value), "must contain at least one letter (a-z)"),
        ("--" in value, "must not contain consecutive hyphens"),
        (value[:1] == "-" or value[-1:] == "-", "must not begin or end with a hyphen"),
    )  # fmt: skip
    return tuple(message for broken, message in rules if broken)


def is_percent(value: str) -> Faults:
    """Tell what keeps ``value`` from being a percentage such as ``25%``."""
    if re.fullmatch(_PERCENT, value):
        return ()
    message = "a valid percent string must be a numeric string followed by an ending '%'"
    return (_unlike(message, _PERCENT, "1%", "93%"),)


def is_ip(value: str) -> Faults:
    """Tell what keeps ``value`` from being an IPv4 or IPv6 address."""
    import ipaddress  # a large module, needed only by who validates

    try:
        ipaddress.ip_address(value)
    except ValueError:
        return ("must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)",)
    return ()


_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"  # no vowels, no digits that look like them: no words
_SUFFIX_LENGTH = 5
_MAX_BASE_LENGTH = 63 - _SUFFIX_LENGTH


def generate_name(base: str, draw: Callable[[int], int]) -> str:
    """Return ``base``, cut to 58 characters, and five random ones.

    Args:
        base: ``metadata.generateName``.
        draw: returns a random number from 0 to below its argument.
    """
    suffix = "".join(_ALPHABET[draw(len(_ALPHABET))] for _ in range(_SUFFIX_LENGTH))
    return base[:_MAX_BASE_LENGTH] + suffix


def prefix_of(validate: Callable[[str], Faults]) -> Callable[[str], Faults]:
    """Return the check of a ``generateName``: of a name that will go on, so may end in a dash."""

    def check(value: str) -> Faults:
        return validate(value[:-1] + "a" if value[-1:] == "-" else value)

    return check
