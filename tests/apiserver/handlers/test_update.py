"""Tests of replacing objects."""

from kactors.api.errors import BadRequest, Conflict, Invalid, NotFound
from kactors.api.objects import Object
from tests.apiserver.cluster import Api, Cluster, config_map, refusal


def lease(name: str = "l", **spec: object) -> Object:
    """Return a Lease to be created."""
    return {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {"name": name, "namespace": "default"},
        "spec": spec,
    }


def test_an_update_replaces_the_version_that_it_names() -> None:
    """The version that the client has read is replaced; any other is a conflict."""

    async def story(api: Api) -> None:
        first = await api.create(config_map("a", x="1"))
        second = await api.update({**first, "data": {"x": "2"}})

        problem = await refusal(api.update({**first, "data": {"x": "3"}}))

        assert int(second["metadata"]["resourceVersion"]) > int(
            first["metadata"]["resourceVersion"]
        )
        assert isinstance(problem, Conflict)
        assert "the object has been modified" in str(problem)
        assert (await api.get("configmaps", "default", "a"))["data"] == {"x": "2"}

    with Cluster() as cluster:
        cluster.run(story)


def test_without_a_version_the_last_writer_wins() -> None:
    """An update that names no version replaces whatever is there, if the kind allows that."""

    async def story(api: Api) -> None:
        await api.create(config_map("a", x="1"))
        await api.create(lease())

        await api.update(config_map("a", x="2"))
        problem = await refusal(api.update(lease(leaseDurationSeconds=5)))

        assert (await api.get("configmaps", "default", "a"))["data"] == {"x": "2"}
        assert isinstance(problem, Invalid)
        assert problem.details.causes[0].field == "metadata.resourceVersion"

    with Cluster() as cluster:
        cluster.run(story)


def test_no_change_is_no_write() -> None:
    """An object that is replaced by an equal one keeps its revision, and nobody hears of it."""

    async def story(api: Api) -> None:
        first = await api.create(config_map("a", x="1"))
        revision = first["metadata"]["resourceVersion"]

        again = await api.update(first)
        async with api.watch("configmaps", resourceVersion=revision) as events:
            await api.update(config_map("a", x="2"))
            kind, seen = await anext(events)

        assert again == first
        assert (kind, seen["data"]) == ("MODIFIED", {"x": "2"})

    with Cluster() as cluster:
        cluster.run(story)


def test_uid_and_time_of_creation_stay() -> None:
    """An update cannot give an object another identity; one that means another is a conflict."""

    async def story(api: Api) -> None:
        first = await api.create(config_map("a", x="1"))
        bare = config_map("a", x="2")
        bare["metadata"]["creationTimestamp"] = "2020-01-01T00:00:00Z"
        other = config_map("a", x="3")
        other["metadata"]["uid"] = "another"

        second = await api.update(bare)
        problem = await refusal(api.update(other))

        for name in ("uid", "creationTimestamp"):
            assert second["metadata"][name] == first["metadata"][name]
        assert isinstance(problem, Conflict)
        assert "Precondition failed: UID" in str(problem)

    with Cluster() as cluster:
        cluster.run(story)


def test_what_is_not_there_is_created_only_of_some_kinds() -> None:
    """An update of nothing is 404, but for kinds such as Lease, of which it makes one."""

    async def story(api: Api) -> None:
        problem = await refusal(api.update(config_map("a")))
        answer = await api.ask("update", "leases", "default", "l", body=lease())

        assert isinstance(problem, NotFound)
        assert answer.code == 201
        assert (await api.get("leases", "default", "l"))["metadata"]["uid"]

    with Cluster() as cluster:
        cluster.run(story)


def test_the_body_names_the_object_of_the_path() -> None:
    """Another name in the body is a mistake of the client."""

    async def story(api: Api) -> None:
        await api.create(config_map("a"))

        problem = await refusal(
            api.ask("update", "configmaps", "default", "a", body=config_map("b"))
        )

        assert isinstance(problem, BadRequest)

    with Cluster() as cluster:
        cluster.run(story)


def test_the_last_finalizer_takes_a_deleted_object_with_it() -> None:
    """The update that removes it completes the deletion, and answers with the object."""

    async def story(api: Api) -> None:
        held = config_map("a")
        held["metadata"]["finalizers"] = ["example.com/held"]
        await api.create(held)
        waiting = await api.delete("configmaps", "default", "a")

        freed = {**waiting, "metadata": {**waiting["metadata"], "finalizers": []}}
        answer = await api.update(freed)

        assert waiting["metadata"]["deletionTimestamp"]
        assert answer["metadata"]["resourceVersion"] == waiting["metadata"]["resourceVersion"]
        assert isinstance(await refusal(api.get("configmaps", "default", "a")), NotFound)

    with Cluster() as cluster:
        cluster.run(story)


def test_a_rehearsed_update_changes_nothing() -> None:
    """A dry run answers as the update would."""

    async def story(api: Api) -> None:
        first = await api.create(config_map("a", x="1"))

        rehearsed = await api.update({**first, "data": {"x": "2"}}, dryRun="All")

        assert rehearsed["data"] == {"x": "2"}
        assert await api.get("configmaps", "default", "a") == first

    with Cluster() as cluster:
        cluster.run(story)


def test_the_object_and_its_status_have_different_writers() -> None:
    """An update of the object leaves the status alone, one of the status everything else."""

    async def story(api: Api) -> None:
        spec = {
            "replicas": 2,
            "selector": {"matchLabels": {"app": "web"}},
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {"containers": [{"name": "main", "image": "web:1"}]},
            },
        }
        made = await api.create(
            {
                "apiVersion": "apps/v1",
                "kind": "ReplicaSet",
                "metadata": {"name": "web", "namespace": "default"},
                "spec": spec,
            }
        )
        status = {"replicas": 2, "observedGeneration": 1}

        seen = await api.update(
            {**made, "spec": {**made["spec"], "replicas": 9}, "status": status}, "status"
        )
        grown = await api.update(
            {**seen, "spec": {**seen["spec"], "replicas": 3}, "status": {"replicas": 7}}
        )

        assert (seen["spec"]["replicas"], seen["status"]) == (2, status)
        assert (grown["spec"]["replicas"], grown["status"]) == (3, status)
        generations = [each["metadata"]["generation"] for each in (made, seen, grown)]
        assert generations == [1, 1, 2]

    with Cluster() as cluster:
        cluster.run(story)
