"""Tests of reading one object."""

import pytest

from kactors.api.errors import BadRequest, NotFound, Timeout
from kactors.runtime import current_time
from tests.apiserver.cluster import Api, Cluster, config_map, refusal


def test_a_read_without_a_revision_shows_what_was_written_anywhere() -> None:
    """Whatever one replica has acknowledged, every other shows."""

    async def story(api: Api) -> None:
        for number in range(10):
            writer, reader = api.replicas[number % 3], api.replicas[(number + 1) % 3]
            made = await api.at(writer).create(config_map(f"a{number}"))
            assert await api.at(reader).get("configmaps", "default", f"a{number}") == made

    with Cluster(members=3, replicas=3) as cluster:
        cluster.run(story)


def test_a_read_with_a_revision_waits_until_the_replica_is_there() -> None:
    """Who has seen a revision on one replica sees nothing older on another."""

    async def story(api: Api) -> None:
        for number in range(10):
            made = await api.at("a1").create(config_map(f"a{number}"))
            revision = made["metadata"]["resourceVersion"]
            found = await api.at("a2").get(
                "configmaps", "default", f"a{number}", resourceVersion=revision
            )
            assert found == made

    with Cluster(members=3, replicas=2) as cluster:
        cluster.run(story)


def test_a_revision_of_the_future_is_waited_for_and_then_refused() -> None:
    """After three seconds the client is told that nobody knows that revision."""

    async def story(api: Api) -> float:
        began = current_time()
        problem = await refusal(api.get("namespaces", "", "default", resourceVersion=10**9))
        assert isinstance(problem, Timeout)
        assert problem.has_cause("ResourceVersionTooLarge")
        assert problem.retry_after_s == 1
        return current_time() - began

    with Cluster() as cluster:
        assert cluster.run(story) == pytest.approx(3.0, abs=0.1)


@pytest.mark.parametrize("revision", ["", "0"])
def test_what_is_not_there_is_404(revision: str) -> None:
    """From the cache as from etcd; the answer says what was looked for."""

    async def story(api: Api) -> None:
        problem = await refusal(api.get("configmaps", "default", "x", resourceVersion=revision))
        assert isinstance(problem, NotFound)
        assert (problem.details.name, problem.details.kind) == ("x", "configmaps")
        assert str(problem) == 'configmaps "x" not found'

    with Cluster() as cluster:
        cluster.run(story)


@pytest.mark.parametrize("name", ["a/b", "..", "a%2fb"])
def test_a_name_cannot_lead_elsewhere(name: str) -> None:
    """Names that would be paths into other keys are bad requests."""

    async def story(api: Api) -> None:
        assert isinstance(await refusal(api.get("configmaps", "default", name)), BadRequest)
        assert isinstance(await refusal(api.list("configmaps", name)), BadRequest)

    with Cluster() as cluster:
        cluster.run(story)


def test_a_read_from_the_cache_does_not_ask_etcd() -> None:
    """With revision 0 the answer comes from the replica, also when etcd is gone."""

    async def story(api: Api) -> None:
        made = await api.create(config_map("a"))
        revision = made["metadata"]["resourceVersion"]
        await api.get("configmaps", "default", "a", resourceVersion=revision)
        cluster.world.crash("m1")

        assert await api.get("configmaps", "default", "a", resourceVersion=0) == made
        assert (await refusal(api.get("configmaps", "default", "a"))).code == 503

    with Cluster() as cluster:
        cluster.run(story)
