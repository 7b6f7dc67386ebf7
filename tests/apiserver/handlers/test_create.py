"""Tests of creating objects."""

from contextlib import suppress

import pytest

from kactors.api.errors import AlreadyExists, BadRequest, Invalid, NotFound, Timeout
from kactors.api.objects import Object
from tests.apiserver.cluster import Api, Cluster, config_map, items, pod, refusal, service_account


def test_the_server_fills_in_what_is_its_to_fill_in() -> None:
    """A new object has a uid, the time of its creation and the revision of its write."""

    async def story(api: Api) -> None:
        made = await api.create(config_map("a", x="1"))

        meta = made["metadata"]
        assert len(meta["uid"]) == 36
        assert meta["uid"][14] == "4"
        assert meta["creationTimestamp"].startswith("2026-01-01T00:00:0")
        assert int(meta["resourceVersion"]) > 0
        assert made["data"] == {"x": "1"}
        assert await api.get("configmaps", "default", "a") == made

    with Cluster() as cluster:
        cluster.run(story)


def test_what_a_client_may_not_say_is_not_kept() -> None:
    """Uid, generation, deletion and status of a new object are the server's."""

    async def story(api: Api) -> None:
        await api.create(service_account())
        said = pod("p")
        said["metadata"] |= {"uid": "mine", "generation": 9}
        said["metadata"]["deletionTimestamp"] = "2020-01-01T00:00:00Z"
        said["status"] = {"phase": "Running"}

        made = await api.create(said)

        assert made["metadata"]["uid"] != "mine"
        assert made["metadata"]["generation"] == 1
        assert "deletionTimestamp" not in made["metadata"]
        assert (made.get("status") or {}).get("phase") != "Running"

    with Cluster() as cluster:
        cluster.run(story)


def test_a_name_is_taken_once() -> None:
    """The second object of a name is refused, and the first one stays."""

    async def story(api: Api) -> None:
        first = await api.create(config_map("a", x="1"))

        problem = await refusal(api.create(config_map("a", x="2")))
        rehearsal = await refusal(api.create(config_map("a"), dryRun="All"))

        assert isinstance(problem, AlreadyExists)
        assert isinstance(rehearsal, AlreadyExists)
        assert problem.details.kind == "configmaps"
        assert await api.get("configmaps", "default", "a") == first

    with Cluster() as cluster:
        cluster.run(story)


def test_names_are_made_up_on_request() -> None:
    """A prefix gets five characters; another five if that name is taken."""

    async def story(api: Api) -> list[str]:
        # The replica's next name is known: it takes the same from its stream of chance again.
        server = cluster.servers["a1"]
        state = server.backend.chance.getstate()
        first = await api.create(prefixed())
        server.backend.chance.setstate(state)
        second = await api.create(prefixed())
        return [made["metadata"]["name"] for made in (first, second)]

    with Cluster() as cluster:
        names = cluster.run(story)

    assert len(set(names)) == 2
    assert all(name.startswith("web-") and len(name) == 9 for name in names)


def prefixed() -> Object:
    """Return a ConfigMap without a name."""
    made = config_map("x")
    made["metadata"] = {"generateName": "web-", "namespace": "default"}
    return made


def test_a_rehearsal_leaves_nothing() -> None:
    """A dry run answers as the write would, and writes nothing."""

    async def story(api: Api) -> None:
        made = await api.create(config_map("a"), dryRun="All")

        assert made["metadata"]["uid"]
        assert "resourceVersion" not in made["metadata"]
        assert isinstance(await refusal(api.get("configmaps", "default", "a")), NotFound)

    with Cluster() as cluster:
        cluster.run(story)


def test_what_cannot_be_created_is_refused_with_reasons() -> None:
    """Rules of the kind are causes, contradictions between body and request are bad requests."""

    async def story(api: Api) -> None:
        bad_name = config_map("Not A Name")
        versioned = config_map("a")
        versioned["metadata"]["resourceVersion"] = "5"
        elsewhere = config_map("a", namespace="kube-system")
        other_kind = {**config_map("a"), "kind": "Secret"}
        typed = config_map("a")
        typed["data"] = {"x": 1}

        invalid = await refusal(api.create(bad_name))
        refusals = [
            await refusal(api.create(versioned)),
            await refusal(api.create(elsewhere, "default")),
            await refusal(api.ask("create", "configmaps", "default", body=other_kind)),
            await refusal(api.create(typed)),
            await refusal(api.ask("create", "configmaps", "default", body=["a", "list"])),
        ]

        assert isinstance(invalid, Invalid)
        assert invalid.details.causes[0].field == "metadata.name"
        assert [type(problem) for problem in refusals] == [BadRequest] * 5

    with Cluster() as cluster:
        cluster.run(story)


@pytest.mark.parametrize("mode", ["Ignore", "Warn", "Strict"])
def test_unknown_fields(mode: str) -> None:
    """They are never kept; whether the client hears of them is its choice."""

    async def story(api: Api) -> None:
        said = {**config_map("a"), "datum": 1}
        work = api.ask(
            "create", "configmaps", "default", body=said, query={"fieldValidation": mode}
        )
        if mode == "Strict":
            assert str(await refusal(work)) == 'strict decoding error: unknown field "datum"'
            return
        answer = await work
        assert answer.warnings == (('unknown field "datum"',) if mode == "Warn" else ())
        assert "datum" not in await api.get("configmaps", "default", "a")

    with Cluster() as cluster:
        cluster.run(story)


def test_kind_and_version_may_be_left_out() -> None:
    """The path of a request says what is sent, as some clients rely on."""

    async def story(api: Api) -> None:
        bare = {"metadata": {"name": "a"}, "data": {"x": "1"}}

        await api.ask("create", "configmaps", "default", body=bare)

        (found,) = items(await api.ask("list", "configmaps", "default"))
        assert (found["kind"], found["apiVersion"]) == ("ConfigMap", "v1")

    with Cluster() as cluster:
        cluster.run(story)


def test_uids_differ_between_replicas_and_lives() -> None:
    """No two objects have one uid, whoever creates them and however often that restarts."""

    async def story(api: Api) -> list[str]:
        uids = []
        for number in range(3):
            for replica in api.replicas:
                made = await api.at(replica).create(config_map(f"{replica}-{number}"))
                uids.append(made["metadata"]["uid"])
        return uids

    with Cluster(replicas=2) as cluster:
        uids = cluster.run(story)
        cluster.world.crash("a1")
        cluster.world.hosts["a1"].machine.restart()

        async def again(api: Api) -> str:
            while True:
                with suppress(Timeout):  # nobody knows, so another name is tried
                    made = await api.at("a1").create(config_map(f"again-{cluster.world.time}"))
                    return str(made["metadata"]["uid"])

        uids.append(cluster.run(again))

    assert len(set(uids)) == 7
