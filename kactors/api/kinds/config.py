"""ConfigMap, Secret and ServiceAccount.

Source: kubernetes pkg/registry/core/{configmap,secret,serviceaccount}/strategy.go.
"""

import base64

from kactors.api.defaults.fill import fill, part
from kactors.api.field_errors import FieldError
from kactors.api.objects import Object
from kactors.api.resource import Resource, Subresource, text_at
from kactors.api.strategy import Strategy
from kactors.api.validation.config import (
    validate_config_map,
    validate_frozen,
    validate_secret,
    validate_secret_update,
)

__all__ = ["CONFIG_MAP", "SECRET", "SERVICE_ACCOUNT"]


class ConfigMapStrategy(Strategy):
    """Plain data, unless it says that it is immutable."""

    has_status = False

    def validate_object(self, obj: Object) -> list[FieldError]:
        """Return what is wrong with the data."""
        return validate_config_map(obj)

    def validate_object_update(self, new: Object, old: Object) -> list[FieldError]:
        """Return what is wrong with a change of the data."""
        return [*validate_frozen(new, old), *validate_config_map(new)]


class SecretStrategy(Strategy):
    """Data in base64, of a type that may ask for certain keys."""

    has_status = False

    def default(self, obj: Object) -> None:
        """Set the type, and move what was given as plain text to the data."""
        fill(obj, type="Opaque")
        for key, text in (obj.pop("stringData", None) or {}).items():
            part(obj, "data")[key] = base64.b64encode(text.encode()).decode()

    def validate_object(self, obj: Object) -> list[FieldError]:
        """Return what is wrong with the data."""
        return validate_secret(obj)

    def validate_object_update(self, new: Object, old: Object) -> list[FieldError]:
        """Return what is wrong with a change of the data."""
        return validate_secret_update(new, old)


class ServiceAccountStrategy(Strategy):
    """An identity for pods."""

    has_status = False


_TOKEN = Subresource("token", "TokenRequest", "authentication.k8s.io", "v1", ("create",))
CONFIG_MAP = Resource("ConfigMap", "", "v1", "configmaps", ConfigMapStrategy(), short_names=("cm",))
SECRET = Resource(
    "Secret", "", "v1", "secrets", SecretStrategy(), field_labels={"type": text_at("type")}
)
SERVICE_ACCOUNT = Resource(
    "ServiceAccount", "", "v1", "serviceaccounts", ServiceAccountStrategy(),
    short_names=("sa",),
    subresources=(_TOKEN,),
)  # fmt: skip
