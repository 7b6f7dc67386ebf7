"""Tests of Secrets that ask for a token."""

from base64 import b64decode

from kactors.api.codec import decode_request, encode_value
from kactors.api.objects import Object
from kactors.api.requests import ApiRequest, ApiResponse
from kactors.controllers.tokens import ACCOUNT_NAME, ACCOUNT_UID, OF_ACCOUNT, TokensController
from tests.controllers.cluster import ControlPlane, LifecycleApiServer
from tests.controllers.objects import make


class SigningApiServer(LifecycleApiServer):
    """Answers requests for tokens."""

    async def carry_out(self, request: ApiRequest) -> ApiResponse:
        """Sign, or do what any other does."""
        if request.subresource != "token":
            return await super().carry_out(request)
        wanted = decode_request(request.body)
        bound = wanted["spec"]["boundObjectRef"]["name"]
        signed = {**wanted, "status": {"token": f"{request.name} for {bound}"}}
        return ApiResponse(code=201, body=encode_value(signed), revision=self.store.revision)


def secret(name: str, account: str, **more: str) -> Object:
    """Return a Secret that asks for the token of an account."""
    found = make("v1", "Secret", name, annotations={ACCOUNT_NAME: account, **more})
    return {**found, "type": OF_ACCOUNT}


def test_secrets_are_filled_or_go() -> None:
    """A Secret of an account gets its token; one of an account that is not there is deleted."""
    with ControlPlane(server=SigningApiServer) as plane:
        plane.run(TokensController)
        plane.create("serviceaccounts", make("v1", "ServiceAccount", "robot"))
        plane.settle()
        plane.create("secrets", secret("wanted", "robot"))
        plane.create("secrets", secret("lost", "nobody"))
        plane.create("secrets", secret("mistaken", "robot", **{ACCOUNT_UID: "another"}))
        plane.create("secrets", {**make("v1", "Secret", "opaque"), "type": "Opaque"})
        plane.settle()
        assert plane.names("secrets") == ["opaque", "wanted"]
        filled = plane.objects("secrets")["default/wanted"]
        assert b64decode(filled["data"]["token"]) == b"robot for wanted"
        assert b64decode(filled["data"]["namespace"]) == b"default"
        plane.delete("serviceaccounts", "default/robot")
        plane.settle()
        assert plane.names("secrets") == ["opaque"]
