"""Tests of a replica as a whole: its beginning, its health, etcd's outages, hostile requests."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kactors.actors import Address, System
from kactors.api.codec import decode, encode_value
from kactors.api.errors import Forbidden, ServiceUnavailable, Timeout, Unauthorized
from kactors.api.objects import Object
from kactors.api.requests import ApiRequest, ApiWatch
from kactors.apiserver.authentication.user import component_user
from kactors.apiserver.messages import Health, HealthResponse
from kactors.apiserver.storage import Storage, Stored
from kactors.runtime import current_time, sleep
from kactors.transport.link import LinkRule
from tests.apiserver.cluster import (
    ADMIN,
    CLIENT,
    Api,
    Cluster,
    config_map,
    pod,
    refusal,
    service_account,
)

A1 = Address("a1", "apiserver")


def test_a_replica_without_etcd_refuses_and_says_why() -> None:
    """Until it knows all objects nobody gets an answer that could be wrong."""
    with Cluster() as cluster:
        cluster.world.crash("m1")

        async def story(system: System) -> None:
            apiserver = system.ref(A1)
            listing = ApiRequest("list", "", "v1", "pods", token=ADMIN)
            answer = await apiserver.request(listing)
            async with apiserver.open_stream(ApiWatch("", "v1", "pods", token=ADMIN)) as stream:
                (event,) = (await stream.receive()).events
            health = await apiserver.request(Health())

            assert answer.code == 503
            assert decode(answer.body)["details"] == {"retryAfterSeconds": 1}
            assert (event.type, decode(event.body)["code"]) == ("ERROR", 503)
            assert health == HealthResponse(
                False, 0, ("the watch cache is not filled, or has lost touch with etcd",), 0
            )
            cluster.world.hosts["m1"].machine.restart()
            await Api(system, ["a1"]).wait_until_ready("a1")

        cluster.world.call(CLIENT, story)


def test_a_healthy_replica_counts_its_watchers() -> None:
    """It says how far it is and how many it serves."""

    async def story(api: Api) -> None:
        made = await api.create(config_map("a"))
        async with api.watch("configmaps", resourceVersion=0) as events:
            await anext(events)
            health = await api.system.ref(A1).request(Health())
        assert health.ready
        assert health.revision >= int(made["metadata"]["resourceVersion"])
        assert health.watchers == 1

    with Cluster() as cluster:
        cluster.run(story)


def test_a_write_that_was_not_done_is_503_and_one_that_nobody_knows_of_is_504() -> None:
    """So that a client knows which of the two it may simply repeat."""

    async def story(api: Api) -> None:
        rules = cluster.world.network.rules
        await api.create(config_map("a"))
        rules.set("deaf", "m1", "a1", LinkRule(cut=True))
        unknown = await refusal(api.create(config_map("b")))
        rules.clear("deaf")
        assert (await api.get("configmaps", "default", "b"))["metadata"]["name"] == "b"

        cluster.world.crash("m1")
        nothing = await refusal(api.create(config_map("c")))
        cluster.world.hosts["m1"].machine.restart()
        await sleep(10)
        await api.create(config_map("c"))

        assert isinstance(unknown, Timeout)
        assert isinstance(nothing, ServiceUnavailable)

    with Cluster() as cluster:
        cluster.run(story)


def test_tokens_and_rights_are_asked_first() -> None:
    """Who may not know whether something is there does not learn it."""

    async def story(api: Api) -> None:
        stranger = api.acting_as(component_user("stranger"))
        problem = await refusal(stranger.get("secrets", "default", "x"))
        assert isinstance(problem, Forbidden)
        assert isinstance(await refusal(api.with_token("x").list("pods")), Unauthorized)
        answer = await api.system.ref(A1).request(
            ApiRequest("list", "", "v1", "things", token=stranger.token)
        )
        assert answer.code == 403

    with Cluster() as cluster:
        cluster.run(story)


def test_a_replica_that_begins_asks_for_no_role(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its cache says what is missing; what is not there is created without another look."""
    asked: list[bytes] = []
    get = Storage.get

    async def asking(storage: Storage, key: bytes) -> Stored | None:
        asked.append(key)
        return await get(storage, key)

    async def look(api: Api) -> None:
        assert await api.get("clusterroles", "", "system:node")

    monkeypatch.setattr(Storage, "get", asking)
    with Cluster() as cluster:
        cluster.run(look)
        assert [key for key in asked if b"/clusterroles/" in key] == [
            b"/registry/clusterroles/system:node"
        ]


def test_what_was_taken_from_the_bootstrap_policy_comes_back() -> None:
    """When a replica starts; unless somebody has said that it should not."""
    role, kept = "system:node-proxier", "system:kube-dns"

    async def take(api: Api) -> None:
        await api.patch("clusterroles", "", role, {"rules": []})
        marks = {"rbac.authorization.kubernetes.io/autoupdate": "false"}
        await api.patch("clusterroles", "", kept, {"metadata": {"annotations": marks}, "rules": []})

    async def look(api: Api) -> None:
        assert len((await api.get("clusterroles", "", role))["rules"]) == 4
        assert not (await api.get("clusterroles", "", kept)).get("rules")

    with Cluster() as cluster:
        cluster.run(take)
        cluster.world.crash("a1")
        cluster.world.hosts["a1"].machine.restart()
        cluster.run(look)


def test_a_restarted_replica_serves_what_was_there() -> None:
    """It has nothing of its own to lose."""

    async def make(api: Api) -> None:
        for number in range(20):
            await api.create(config_map(f"a{number}"))

    async def count(api: Api) -> float:
        assert len(await api.list("configmaps", "default", resourceVersion=0)) == 20
        return current_time()

    with Cluster() as cluster:
        cluster.run(make)
        cluster.world.crash("a1")
        cluster.world.hosts["a1"].machine.restart()
        assert cluster.run(count) < 10


JUNK: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(1 << 62), 1 << 62),
    st.floats(allow_nan=False),
    st.text(max_size=5),
    st.lists(st.integers(0, 3), max_size=2),
    st.dictionaries(st.text(max_size=3), st.integers(0, 3), max_size=2),
)


def deployment() -> Object:
    """Return a Deployment."""
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "default", "labels": {"app": "web"}},
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": {"app": "web"}},
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": pod("x")["spec"],
            },
        },
    }


def paths(value: Any) -> list[tuple[Any, ...]]:
    """Return the ways to everything in a value."""
    keys = range(len(value)) if isinstance(value, list) else value
    if not isinstance(value, dict | list):
        return [()]
    return [(), *((key, *rest) for key in keys for rest in paths(value[key]))]


@st.composite
def spoilt(draw: st.DrawFn) -> Object:
    """Draw an object that is almost right."""
    whole: dict[str, Any] = {
        "": draw(st.sampled_from([pod("p"), deployment(), config_map("a", x="1")]))
    }
    for _ in range(draw(st.integers(1, 3))):
        *way, last = draw(st.sampled_from([path for path in paths(whole) if path]))
        inner: Any = whole
        for key in way:
            inner = inner[key]
        if isinstance(inner, dict) and draw(st.booleans()):
            inner[draw(st.text(max_size=3))] = draw(JUNK)
        inner[last] = draw(JUNK)
        if not isinstance(whole[""], dict):
            break
    found: Object = whole[""]
    return found


async def code_of(api: Api, kind: tuple[str, str], body: Object) -> int:
    """Return the code with which a rehearsed creation is answered."""
    group, resource = kind
    request = ApiRequest(
        "create",
        group,
        "v1",
        resource,
        "default",
        query={"dryRun": "All"},
        body=encode_value(body),
        token=api.token,
    )
    return (await api.system.ref(A1).request(request)).code


@settings(max_examples=25)
@given(bodies=st.lists(spoilt(), min_size=10, max_size=20))
def test_whatever_is_sent_is_answered(bodies: list[Any]) -> None:
    """Objects that are almost right are created or refused; none harms the replica."""

    async def story(api: Api) -> None:
        await api.create(service_account())
        codes = [
            await code_of(api, kind, body)
            for body in bodies
            for kind in (("", "pods"), ("apps", "deployments"), ("", "configmaps"))
        ]
        assert [code for code in codes if code >= 500] == []

    with Cluster() as cluster:
        cluster.run(story)
        assert cluster.world.given_up == []


@pytest.mark.parametrize("body", [b"\xc1", b"\x93\x01", b"", b"\x81\xa1a" * 200 + b"\x01"])
def test_bytes_that_are_no_object(body: bytes) -> None:
    """They are bad requests, and nothing at all is an object without fields."""

    async def story(api: Api) -> None:
        request = ApiRequest("create", "", "v1", "configmaps", "default", body=body, token=ADMIN)
        assert (await api.system.ref(A1).request(request)).code == (422 if not body else 400)

    with Cluster() as cluster:
        cluster.run(story)
