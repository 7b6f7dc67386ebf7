"""Tests of the steps of a StatefulSet."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from kactors.api.meta import format_time, labels_of, name_of
from kactors.api.objects import Object, replaced
from kactors.controllers.history import HASH_LABEL, new_revision, revision_hash
from kactors.controllers.statefulset.decisions import Plan, plan
from kactors.controllers.statefulset.identity import claims_of, new_pod, ordinal_of
from tests.controllers.objects import at, make, pod, template


def stateful_set(*, image: str = "web:1", replicas: int = 3, **spec: Any) -> Object:
    """Return a StatefulSet with defaults filled in."""
    wanted = {
        "replicas": replicas,
        "serviceName": "db",
        "selector": {"matchLabels": {"app": "web"}},
        "template": template(image),
        "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}},
        "podManagementPolicy": "OrderedReady",
        **spec,
    }
    return make("apps/v1", "StatefulSet", "db", spec=wanted, status={}, uid="db")


class Cluster:
    """Carries out plans; pods come up and go when they are told to."""

    def __init__(self, wanted: Object) -> None:
        self.set = wanted
        self.pods: dict[str, Object] = {}
        self.revisions: dict[str, Object] = {}
        self.log: list[str] = []
        self.seconds = 0.0

    def step(self) -> Plan:
        """Make a plan and carry it out."""
        self.seconds += 1
        update = new_revision(self.set, 1)
        update = self.revisions.setdefault(name_of(update), update)
        current = self.revisions.get(self.set["status"].get("currentRevision", ""), update)
        made = plan(self.set, current, update, list(self.pods.values()), at(self.seconds))
        for ordinal, revision in made.create:
            new = new_pod(self.set, revision, ordinal)
            name = name_of(new)
            assert name not in self.pods, "there would be two of one identity"
            self.pods[name] = {**new, "status": {"phase": "Pending"}}
            self.log.append(f"+{ordinal}")
        for each in made.delete:
            now = format_time(at(self.seconds))
            name = name_of(each)
            assert "deletionTimestamp" not in self.pods[name]["metadata"]
            self.pods[name] = replaced(self.pods[name], now, "metadata", "deletionTimestamp")
            self.log.append(f"-{name.rpartition('-')[2]}")
        self.set = replaced(self.set, made.status, "status")
        return made

    def up(self, name: str) -> None:
        """Let a pod be ready."""
        status = pod(ready=True, ready_at=self.seconds)["status"]
        self.pods[name] = {**self.pods[name], "status": status}

    def kubelet(self) -> None:
        """Let every pod be ready, and those that leave be gone."""
        for name, each in list(self.pods.items()):
            if each["metadata"].get("deletionTimestamp"):
                del self.pods[name]
            else:
                self.up(name)

    def settle(self) -> None:
        """Go on until nothing changes."""
        quiet = 0
        for _ in range(200):
            made = self.step()
            self.kubelet()
            quiet = 0 if made.create or made.delete else quiet + 1
            if quiet == 3:
                return
        raise AssertionError("it never settles")

    def images(self) -> list[str]:
        """Return the image of each pod, by ordinal."""
        return [self.pods[name]["spec"]["containers"][0]["image"] for name in sorted(self.pods)]


def test_in_order() -> None:
    """Each pod waits for the one below to be ready; they go from the highest."""
    cluster = Cluster(stateful_set())
    cluster.step()
    cluster.step()
    assert cluster.log == ["+0"]
    cluster.settle()
    assert cluster.log == ["+0", "+1", "+2"]
    cluster.set = replaced(cluster.set, 1, "spec", "replicas")
    cluster.step()
    cluster.step()
    assert cluster.log[3:] == ["-2"]
    cluster.settle()
    assert cluster.log[3:] == ["-2", "-1"]


def test_in_parallel() -> None:
    """A parallel set creates and deletes all at once."""
    cluster = Cluster(stateful_set(podManagementPolicy="Parallel"))
    cluster.step()
    assert cluster.log == ["+0", "+1", "+2"]
    cluster.set = replaced(cluster.set, 0, "spec", "replicas")
    cluster.step()
    assert cluster.log[3:] == ["-2", "-1", "-0"]


def test_an_update_goes_from_the_highest_and_waits() -> None:
    """One pod at a time is replaced, and the next only when the new one is ready."""
    cluster = Cluster(stateful_set())
    cluster.settle()
    cluster.set = replaced(cluster.set, template("web:2"), "spec", "template")
    for _ in range(2):
        cluster.step()
    assert cluster.log[3:] == ["-2"]
    del cluster.pods["db-2"]
    for _ in range(3):
        cluster.step()
    assert cluster.log[3:] == ["-2", "+2"]
    cluster.settle()
    assert cluster.log[3:] == ["-2", "+2", "-1", "+1", "-0", "+0"]
    assert cluster.images() == ["web:2"] * 3
    status = cluster.set["status"]
    assert status["currentRevision"] == status["updateRevision"]
    assert status["updatedReplicas"] == 3


def test_a_partition_keeps_the_old_below() -> None:
    """Pods below the partition are old, also when they have to be made anew."""
    cluster = Cluster(stateful_set())
    cluster.settle()
    rolling = {"type": "RollingUpdate", "rollingUpdate": {"partition": 2}}
    cluster.set = replaced(cluster.set, rolling, "spec", "updateStrategy")
    cluster.set = replaced(cluster.set, template("web:2"), "spec", "template")
    cluster.settle()
    assert cluster.images() == ["web:1", "web:1", "web:2"]
    del cluster.pods["db-0"]
    cluster.settle()
    assert cluster.images() == ["web:1", "web:1", "web:2"]
    cluster.set = replaced(cluster.set, {"type": "OnDelete"}, "spec", "updateStrategy")
    cluster.settle()
    assert cluster.images() == ["web:1", "web:1", "web:2"]
    del cluster.pods["db-1"]
    cluster.settle()
    assert cluster.images() == ["web:1", "web:2", "web:2"]


def test_a_pod_that_has_ended_is_replaced() -> None:
    """A failed pod is deleted, and comes back under the same name."""
    cluster = Cluster(stateful_set(replicas=1))
    cluster.settle()
    cluster.pods["db-0"] = replaced(cluster.pods["db-0"], {"phase": "Failed"}, "status")
    cluster.settle()
    assert cluster.log == ["+0", "-0", "+0"]


def test_who_a_pod_is() -> None:
    """Name, host name, labels and volumes tell the pods of a set apart."""
    claim = {"metadata": {"name": "data"}, "spec": {"accessModes": ["ReadWriteOnce"]}}
    wanted = stateful_set(volumeClaimTemplates=[claim], ordinals={"start": 5})
    made = new_pod(wanted, new_revision(wanted, 1), 7)
    assert name_of(made) == made["spec"]["hostname"] == "db-7"
    assert made["spec"]["subdomain"] == "db"
    assert labels_of(made)["apps.kubernetes.io/pod-index"] == "7"
    assert made["spec"]["volumes"] == [
        {"name": "data", "persistentVolumeClaim": {"claimName": "data-db-7"}}
    ]
    (own,) = claims_of(wanted, 7)
    assert (name_of(own), own["kind"]) == ("data-db-7", "PersistentVolumeClaim")
    assert ordinal_of(wanted, made) == 7
    assert [ordinal_of(wanted, pod(name)) for name in ("db-x", "other-1", "db")] == [None] * 3
    step = plan(wanted, new_revision(wanted, 1), new_revision(wanted, 1), [], at(0))
    assert [ordinal for ordinal, _ in step.create] == [5]


actions = st.lists(
    st.one_of(
        st.tuples(st.just("replicas"), st.integers(0, 5)),
        st.tuples(st.just("image"), st.integers(0, 2)),
        st.tuples(st.just("up"), st.integers(0, 5)),
        st.tuples(st.just("gone"), st.integers(0, 5)),
        st.tuples(st.just("lost"), st.integers(0, 5)),
        st.tuples(st.just("step"), st.just(0)),
    ),
    max_size=40,
)


@given(actions, st.booleans())
def test_never_two_of_one_identity_and_always_an_end(
    happenings: list[tuple[str, int]], parallel: bool
) -> None:
    """Whatever happens, no name is created while it is there, and in the end all are as wanted."""
    policy = "Parallel" if parallel else "OrderedReady"
    cluster = Cluster(stateful_set(podManagementPolicy=policy))
    for what, number in happenings:
        name = f"db-{number}"
        if what == "replicas":
            cluster.set = replaced(cluster.set, number, "spec", "replicas")
        elif what == "image":
            cluster.set = replaced(cluster.set, template(f"web:{number}"), "spec", "template")
        elif what == "step":
            cluster.step()
        elif name in cluster.pods:
            leaving = cluster.pods[name]["metadata"].get("deletionTimestamp")
            if what == "up" and not leaving:
                cluster.up(name)
            elif what == "lost" or (what == "gone" and leaving):
                del cluster.pods[name]
    cluster.settle()
    wanted = cluster.set["spec"]["replicas"]
    image = cluster.set["spec"]["template"]["spec"]["containers"][0]["image"]
    assert cluster.images() == [image] * wanted
    assert all(labels_of(each)[HASH_LABEL] == revision_hash(new_revision(cluster.set, 1))
               for each in cluster.pods.values())  # fmt: skip
