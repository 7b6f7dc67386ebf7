"""ConfigMap, Secret and ServiceAccount.

Source: kubernetes pkg/registry/core/{configmap,secret,serviceaccount}/strategy.go.
"""

import base64

from kactors.api.defaults.fill import fill, part
from kactors.api.objects import Object
from kactors.api.resource import Resource, Subresource, text_at
from kactors.api.strategy import Strategy

__all__ = ["CONFIG_MAP", "SECRET", "SERVICE_ACCOUNT"]


class ConfigMapStrategy(Strategy):
    """Plain data, unless it says that it is immutable."""

    has_status = False


class SecretStrategy(Strategy):
    """Data in base64, of a type that may ask for certain keys."""

    has_status = False

    def default(self, obj: Object) -> None:
        """Set the type, and move what was given as plain text to the data."""
        fill(obj, type="Opaque")
        for key, text in (obj.pop("stringData", None) or {}).items():
            part(obj, "data")[key] = base64.b64encode(text.encode()).decode()


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
