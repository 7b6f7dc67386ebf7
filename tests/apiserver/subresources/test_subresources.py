"""Tests of scale, binding, eviction and token."""

from typing import Any

import pytest

from kactors.api.errors import (
    BadRequest,
    Conflict,
    Invalid,
    NotFound,
    TooManyRequests,
    Unauthorized,
)
from kactors.api.meta import get_condition
from kactors.api.objects import Object
from kactors.runtime import sleep
from tests.apiserver.cluster import Api, Cluster, opened, pod, refusal, service_account

TEMPLATE: Object = {
    "metadata": {"labels": {"app": "web"}},
    "spec": {"containers": [{"name": "main", "image": "web:1"}]},
}


def deployment(replicas: int) -> Object:
    """Return a Deployment to be created."""
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "default"},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": "web"}},
            "template": TEMPLATE,
        },
    }


def test_scale_reads_and_sets_the_number_of_replicas() -> None:
    """By update or patch, at the version of the object, and nothing else of it."""

    async def story(api: Api) -> None:
        where = ("deployments", "default", "web")
        made = await api.create(deployment(2))

        scale = opened(await api.ask("get", *where, subresource="scale"))
        patched = await api.patch(*where, {"spec": {"replicas": 5}}, "scale")
        stale = {**scale, "spec": {"replicas": 9}}
        conflict = await refusal(api.ask("update", *where, subresource="scale", body=stale))
        negative = await refusal(api.patch(*where, {"spec": {"replicas": -1}}, "scale"))
        fresh = {**patched, "spec": {"replicas": 7}}
        updated = opened(await api.ask("update", *where, subresource="scale", body=fresh))

        assert scale["kind"] == "Scale"
        assert scale["metadata"]["uid"] == made["metadata"]["uid"]
        assert scale["status"]["selector"] == "app=web"
        assert [each["spec"]["replicas"] for each in (scale, patched, updated)] == [2, 5, 7]
        assert isinstance(conflict, Conflict)
        assert isinstance(negative, Invalid)
        found = await api.get(*where)
        assert found["spec"]["replicas"] == 7
        assert found["metadata"]["resourceVersion"] == updated["metadata"]["resourceVersion"]
        assert found["metadata"]["generation"] == 3

    with Cluster() as cluster:
        cluster.run(story)


async def bind(api: Api, name: str = "p", node: str = "n1", **meta: Any) -> Object:
    """Bind a pod to a node."""
    body = {"metadata": meta, "target": {"kind": "Node", "name": node}}
    return await api.post("pods", "default", name, "binding", body)


def test_a_pod_is_bound_once() -> None:
    """The first binding counts and says so in a condition; the others are conflicts."""

    async def story(api: Api) -> None:
        await api.create(service_account())
        await api.create(pod("p"))

        answer = await bind(api, annotations={"score": "9"})
        problem = await refusal(bind(api, node="n2"))
        found = await api.get("pods", "default", "p")

        assert answer["status"] == "Success"
        assert isinstance(problem, Conflict)
        assert str(problem) == (
            'Operation cannot be fulfilled on pods/binding "p": pod p is already assigned to node '
            '"n1"'
        )
        assert found["spec"]["nodeName"] == "n1"
        assert found["metadata"]["annotations"] == {"score": "9"}
        condition = get_condition(found, "PodScheduled")
        assert condition is not None
        assert condition["status"] == "True"

    with Cluster() as cluster:
        cluster.run(story)


def test_bindings_that_cannot_be() -> None:
    """Without a target, of another pod of that name, of none, and of one that is going."""

    async def story(api: Api) -> None:
        await api.create(service_account())
        held = pod("p")
        held["metadata"]["finalizers"] = ["example.com/held"]
        await api.create(held)

        empty = await refusal(api.post("pods", "default", "p", "binding", {"target": {}}))
        service = {"target": {"kind": "Service", "name": "s"}}
        wrong = await refusal(api.post("pods", "default", "p", "binding", service))
        other = await refusal(bind(api, uid="other"))
        absent = await refusal(bind(api, "q"))
        await api.delete("pods", "default", "p")
        going = await refusal(bind(api))

        assert isinstance(empty, Invalid)
        assert isinstance(wrong, Invalid)
        assert "Precondition failed: UID" in str(other)
        assert isinstance(absent, NotFound)
        assert "is being deleted, cannot be assigned to a host" in str(going)

    with Cluster() as cluster:
        cluster.run(story)


def budget(allowed: int, *, observed: int = 1, policy: str | None = None) -> Object:
    """Return a PodDisruptionBudget with its status."""
    spec: Object = {"minAvailable": 1, "selector": {"matchLabels": {"app": "web"}}}
    if policy:
        spec["unhealthyPodEvictionPolicy"] = policy
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": "web", "namespace": "default"},
        "spec": spec,
        "status": {
            "disruptionsAllowed": allowed,
            "currentHealthy": 2,
            "desiredHealthy": 1,
            "expectedPods": 2,
            "observedGeneration": observed,
        },
    }


async def guarded_pod(
    api: Api, wanted: Object, *, ready: bool = True, phase: str = "Running"
) -> None:
    """Create a budget and a pod that it is about."""
    await api.create(service_account())
    made = await api.create({key: value for key, value in wanted.items() if key != "status"})
    await api.update({**made, "status": wanted["status"]}, "status")
    web = pod("p", node="n1", terminationGracePeriodSeconds=0)
    web["metadata"]["labels"] = {"app": "web"}
    await api.create(web)
    conditions = [{"type": "Ready", "status": str(ready)}]
    status = {"status": {"phase": phase, "conditions": conditions}}
    await api.patch("pods", "default", "p", status, "status")


async def evict(api: Api, **body: Any) -> Object:
    """Evict the pod."""
    return await api.post("pods", "default", "p", "eviction", body)


async def is_there(api: Api) -> bool:
    """Tell whether the pod is there."""
    return bool(await api.list("pods", "default"))


def test_an_eviction_takes_a_disruption_from_the_budget() -> None:
    """The pod goes, and the budget counts one less and says which pod."""

    async def story(api: Api) -> None:
        await guarded_pod(api, budget(1))

        answer = await evict(api)
        status = (await api.get("poddisruptionbudgets", "default", "web"))["status"]

        assert answer["status"] == "Success"
        assert not await is_there(api)
        assert status["disruptionsAllowed"] == 0
        assert list(status["disruptedPods"]) == ["p"]

    with Cluster() as cluster:
        cluster.run(story)


def test_a_budget_that_is_used_up_refuses() -> None:
    """429 with a cause; the pod stays."""

    async def story(api: Api) -> None:
        await guarded_pod(api, budget(0))

        problem = await refusal(evict(api))

        assert isinstance(problem, TooManyRequests)
        assert problem.has_cause("DisruptionBudget")
        assert "needs 1 healthy pods and has 2 currently" in problem.details.causes[0].message
        assert await is_there(api)

    with Cluster() as cluster:
        cluster.run(story)


def test_a_budget_that_the_controller_has_not_seen_refuses() -> None:
    """What its status says is of an older version: ask again in ten seconds."""

    async def story(api: Api) -> None:
        await guarded_pod(api, budget(5, observed=0))

        problem = await refusal(evict(api))

        assert isinstance(problem, TooManyRequests)
        assert problem.retry_after_s == 10

    with Cluster() as cluster:
        cluster.run(story)


@pytest.mark.parametrize("phase", ["Pending", "Succeeded", "Failed"])
def test_pods_that_serve_nobody_go_whatever_the_budget(phase: str) -> None:
    """They do not count."""

    async def story(api: Api) -> None:
        await guarded_pod(api, budget(0), phase=phase)
        await evict(api)
        assert not await is_there(api)

    with Cluster() as cluster:
        cluster.run(story)


@pytest.mark.parametrize(("policy", "healthy", "goes"), [
    (None, 2, True),
    (None, 0, False),
    ("AlwaysAllow", 0, True),
])  # fmt: skip
def test_a_pod_that_is_not_ready_may_go_if_enough_others_are(
    policy: str | None,
    healthy: int,
    goes: bool,
) -> None:
    """Or always, if the budget says so."""

    async def story(api: Api) -> None:
        wanted = budget(0, policy=policy)
        wanted["status"]["currentHealthy"] = healthy
        await guarded_pod(api, wanted, ready=False)
        if goes:
            await evict(api)
        else:
            assert isinstance(await refusal(evict(api)), TooManyRequests)
        assert await is_there(api) is not goes

    with Cluster() as cluster:
        cluster.run(story)


def test_a_rehearsed_eviction_evicts_nothing() -> None:
    """The budget keeps its disruptions, too."""

    async def story(api: Api) -> None:
        await guarded_pod(api, budget(1))

        await evict(api, deleteOptions={"dryRun": ["All"]})

        assert await is_there(api)
        found = await api.get("poddisruptionbudgets", "default", "web")
        assert found["status"]["disruptionsAllowed"] == 1

    with Cluster() as cluster:
        cluster.run(story)


def test_two_budgets_are_one_too_many() -> None:
    """Nobody knows which counts: 500, and the pod stays."""

    async def story(api: Api) -> None:
        await guarded_pod(api, budget(1))
        second = budget(1)
        second["metadata"]["name"] = "second"
        await api.create({key: value for key, value in second.items() if key != "status"})

        problem = await refusal(evict(api))

        assert problem.code == 500
        assert "more than one PodDisruptionBudget" in str(problem)
        assert await is_there(api)

    with Cluster() as cluster:
        cluster.run(story)


async def ask_token(api: Api, **spec: Any) -> Object:
    """Ask for a token of the account robot."""
    return await api.post("serviceaccounts", "default", "robot", "token", {"spec": spec})


def test_a_token_is_its_accounts_until_it_ends() -> None:
    """It has the account's rights, for as long as it was asked for."""

    async def story(api: Api) -> None:
        await api.create(service_account("robot"))
        made = await ask_token(api, expirationSeconds=600)
        robot = api.with_token(made["status"]["token"])

        early = await refusal(robot.list("pods", "default"))
        await sleep(601)
        late = await refusal(robot.list("pods", "default"))

        assert 'User "system:serviceaccount:default:robot"' in str(early)
        assert isinstance(late, Unauthorized)

    with Cluster() as cluster:
        cluster.run(story)


def test_a_token_ends_with_its_account() -> None:
    """An account made anew under the same name is another one."""

    async def story(api: Api) -> None:
        await api.create(service_account("robot"))
        robot = api.with_token((await ask_token(api))["status"]["token"])
        await api.delete("serviceaccounts", "default", "robot")
        await api.create(service_account("robot"))
        await sleep(1)

        assert isinstance(await refusal(robot.list("pods", "default")), Unauthorized)

    with Cluster() as cluster:
        cluster.run(story)


def test_tokens_that_cannot_be() -> None:
    """Too short, of no account, bound to nothing that is there."""

    async def story(api: Api) -> None:
        absent = await refusal(ask_token(api))
        await api.create(service_account("robot"))
        await api.create(service_account())
        await api.create(pod("p"))
        short = await refusal(ask_token(api, expirationSeconds=60))
        long = await refusal(ask_token(api, expirationSeconds=1 << 33))
        pod_ref = {"apiVersion": "v1", "kind": "Pod", "name": "x"}
        nothing = await refusal(ask_token(api, boundObjectRef=pod_ref))
        others = await refusal(ask_token(api, boundObjectRef={**pod_ref, "name": "p"}))
        kind = await refusal(ask_token(api, boundObjectRef={**pod_ref, "kind": "Service"}))

        assert isinstance(absent, NotFound)
        assert isinstance(short, Invalid)
        assert isinstance(long, Invalid)
        assert isinstance(nothing, NotFound)
        assert isinstance(others, BadRequest)
        assert isinstance(kind, BadRequest)

    with Cluster() as cluster:
        cluster.run(story)
