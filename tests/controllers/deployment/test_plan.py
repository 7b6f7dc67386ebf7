"""Tests of what is done about a Deployment, step by step."""

from typing import Any

import attrs
from hypothesis import given
from hypothesis import strategies as st

from kactors.api.meta import annotations_of, get_condition, name_of, uid_of
from kactors.api.objects import Object, replaced
from kactors.controllers.deployment.plan import Plan, plan
from kactors.controllers.deployment.revisions import DESIRED, REVISION, ROLLBACK_TO
from kactors.controllers.deployment.rollback import rollback
from kactors.controllers.deployment.rolling import limits_of
from tests.controllers.objects import T0, at, deployment, pod, replica_set, template


class Cluster:
    """Carries out plans at once; its pods come up when they are told to."""

    def __init__(self, wanted: Object) -> None:
        self.deployment = wanted
        self.sets: dict[str, Object] = {}
        self.pods: dict[str, list[Object]] = {}
        self.seconds = 0.0
        self.plans: list[Plan] = []

    def step(self) -> bool:
        """Make and carry out one plan; return whether anything has changed."""
        self.seconds += 1
        made = plan(self.deployment, list(self.sets.values()), self.pods, at(self.seconds))
        self.plans.append(made)
        changed = bool(made.create or made.update or made.delete)
        if made.create is not None:
            new = replaced(made.create, f"uid-{len(self.plans)}", "metadata", "uid")
            self.sets[name_of(new)] = new
        for each in made.update:
            self.sets[name_of(each)] = each
        for each in made.delete:
            del self.sets[name_of(each)]
        if made.deployment is not None:
            self.deployment = made.deployment
        return changed

    def kubelet(self, *, working: bool = True) -> None:
        """Let every ReplicaSet have its pods, and all of them be available if they work."""
        for name, each in self.sets.items():
            count = each["spec"]["replicas"]
            old = (each.get("status") or {}).get("availableReplicas", 0)
            status = {
                "replicas": count,
                "availableReplicas": count if working else min(count, old),
                "readyReplicas": count if working else min(count, old),
                "observedGeneration": 1,
            }
            self.sets[name] = {**each, "status": status}
            self.pods[uid_of(each)] = [pod() for _ in range(count)]

    def settle(self, *, working: bool = True) -> None:
        """Go on until nothing changes."""
        for _ in range(100):
            self.kubelet(working=working)
            if not self.step():
                self.step()
                return
        raise AssertionError("it never settles")

    def set(self, *path_and_value: Any) -> None:
        """Change the Deployment's spec."""
        *path, value = path_and_value
        self.deployment = replaced(self.deployment, value, "spec", *path)

    def sizes(self) -> dict[str, int]:
        """Return the replicas of each ReplicaSet by its image."""
        return {each["spec"]["template"]["spec"]["containers"][0]["image"]:
                each["spec"]["replicas"] for each in self.sets.values()}  # fmt: skip

    def reason(self, kind: str = "Progressing") -> str:
        """Return the reason of a condition."""
        reason: str = (get_condition(self.deployment, kind) or {})["reason"]
        return reason


def test_a_deployment_gets_its_replica_set() -> None:
    """The first plan makes a ReplicaSet of revision 1 with everything at once."""
    cluster = Cluster(deployment(replicas=3))
    cluster.step()
    (made,) = cluster.sets.values()
    assert made["spec"]["replicas"] == 3
    assert annotations_of(made)[REVISION] == "1"
    assert made["spec"]["selector"]["matchLabels"].keys() == {"app", "pod-template-hash"}
    assert annotations_of(cluster.deployment)[REVISION] == "1"
    assert cluster.reason() == "NewReplicaSetCreated"
    cluster.settle()
    assert cluster.reason() == "NewReplicaSetAvailable"
    assert cluster.reason("Available") == "MinimumReplicasAvailable"


def test_a_rolling_update_keeps_its_limits() -> None:
    """At no step are there more pods than allowed, or fewer available than needed."""
    cluster = Cluster(deployment(replicas=10))
    cluster.settle()
    cluster.set("template", template("web:2"))
    limits = limits_of(cluster.deployment)
    while cluster.step():
        sizes = cluster.sizes()
        available = sum(min(each["spec"]["replicas"], (each.get("status") or {}).get(
            "availableReplicas", 0)) for each in cluster.sets.values())  # fmt: skip
        assert sum(sizes.values()) <= limits.most
        assert available >= limits.least_available
        cluster.kubelet()
    assert cluster.sizes() == {"web:1": 0, "web:2": 10}
    assert annotations_of(cluster.deployment)[REVISION] == "2"


def test_an_update_that_does_not_work_stops_and_is_told() -> None:
    """If new pods never come up, enough old ones stay, and the deadline passes."""
    cluster = Cluster(deployment(replicas=10))
    cluster.settle()
    cluster.set("template", template("broken"))
    cluster.settle(working=False)
    assert cluster.sizes() == {"web:1": 8, "broken": 5}
    check_in = cluster.plans[-1].check_in
    assert check_in is not None
    cluster.seconds += check_in
    cluster.step()
    cluster.step()
    assert cluster.reason() == "ProgressDeadlineExceeded"
    assert cluster.plans[-1].check_in is None
    cluster.set("template", template("web:1"))
    cluster.settle()
    assert cluster.sizes() == {"web:1": 10, "broken": 0}
    assert annotations_of(cluster.sets[next(iter(cluster.sets))])[
        "deployment.kubernetes.io/revision-history"] == "1"  # fmt: skip


def test_recreate_waits_for_the_last_pod() -> None:
    """With Recreate no new ReplicaSet is made while any old pod may run."""
    cluster = Cluster(deployment(replicas=2, strategy={"type": "Recreate"}))
    cluster.settle()
    cluster.set("template", template("web:2"))
    cluster.step()
    assert cluster.sizes() == {"web:1": 0}
    cluster.step()
    assert cluster.sizes() == {"web:1": 0}
    cluster.settle()
    assert cluster.sizes() == {"web:1": 0, "web:2": 2}


def test_a_paused_deployment_scales_but_does_not_roll() -> None:
    """While paused, a new template waits; the size does not."""
    cluster = Cluster(deployment(replicas=4))
    cluster.settle()
    cluster.set("paused", True)
    cluster.set("template", template("web:2"))
    cluster.set("replicas", 6)
    cluster.settle()
    assert cluster.sizes() == {"web:1": 6}
    assert cluster.reason() == "DeploymentPaused"
    cluster.set("paused", False)
    cluster.settle()
    assert cluster.sizes() == {"web:1": 0, "web:2": 6}


def test_scaling_in_the_middle_of_an_update_is_shared() -> None:
    """Both ReplicaSets grow, and know the new size."""
    cluster = Cluster(deployment(replicas=10))
    cluster.settle()
    cluster.set("template", template("broken"))
    cluster.settle(working=False)
    cluster.set("replicas", 20)
    cluster.step()
    assert cluster.sizes() == {"web:1": 15, "broken": 10}
    assert {annotations_of(each)[DESIRED] for each in cluster.sets.values()} == {"20"}


def test_old_replica_sets_are_forgotten() -> None:
    """No more empty ReplicaSets are kept than the limit says, the latest of them."""
    cluster = Cluster(deployment(replicas=1, revisionHistoryLimit=2))
    for number in range(1, 7):
        cluster.set("template", template(f"web:{number}"))
        cluster.settle()
    assert cluster.sizes() == {"web:4": 0, "web:5": 0, "web:6": 1}


def test_a_deployment_on_its_way_out_is_left_alone() -> None:
    """Nothing but the status of a Deployment that is being deleted changes."""
    cluster = Cluster(deployment(replicas=3))
    cluster.deployment = replaced(cluster.deployment, "now", "metadata", "deletionTimestamp")
    assert not cluster.step()


def test_rolling_back_by_annotation() -> None:
    """The wish to roll back brings the earlier template, and disappears."""
    cluster = Cluster(deployment(replicas=1))
    cluster.settle()
    cluster.set("template", template("web:2"))
    cluster.settle()
    sets = list(cluster.sets.values())
    assert rollback(cluster.deployment, sets) is None
    for wish, image in (("0", "web:1"), ("1", "web:1"), ("2", "web:2"), ("7", "web:2")):
        asking = replaced(cluster.deployment, wish, "metadata", "annotations", ROLLBACK_TO)
        found = rollback(asking, sets)
        assert found is not None
        assert found.done == (image == "web:1")
        assert ROLLBACK_TO not in annotations_of(found.deployment)
        container = found.deployment["spec"]["template"]["spec"]["containers"][0]
        assert container["image"] == image
        assert found.deployment["spec"]["template"]["metadata"]["labels"] == {"app": "web"}


@attrs.frozen
class Change:
    """Something that a user does."""

    replicas: int | None = None
    image: str | None = None


changes = st.lists(
    st.one_of(
        st.builds(Change, replicas=st.integers(0, 8)),
        st.builds(Change, image=st.sampled_from(["a", "b", "c"])),
        st.just(Change()),
    ),
    max_size=12,
)


@given(changes)
def test_whatever_is_changed_on_the_way_it_arrives(steps: list[Change]) -> None:
    """However a Deployment is changed between steps, in the end it has what was asked for last."""
    cluster = Cluster(deployment(replicas=3, image="a"))
    for step in steps:
        if step.replicas is not None:
            cluster.set("replicas", step.replicas)
        elif step.image is not None:
            cluster.set("template", template(step.image))
        else:
            cluster.kubelet()
        cluster.step()
    cluster.settle()
    image = cluster.deployment["spec"]["template"]["spec"]["containers"][0]["image"]
    wanted = cluster.deployment["spec"]["replicas"]
    assert {key: size for key, size in cluster.sizes().items() if size} == (
        {image: wanted} if wanted else {}
    )
    assert cluster.deployment["status"]["updatedReplicas"] == wanted


def test_the_same_template_is_found_whatever_made_it() -> None:
    """A ReplicaSet of the same template is taken over, not made again."""
    old = replica_set(image="web:1", replicas=3)
    made = plan(deployment(replicas=3), [old], {}, T0)
    assert made.create is None
    assert [name_of(each) for each in made.update] == ["web-1"]
