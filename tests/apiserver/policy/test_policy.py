"""The table of what each component may and may not do, each line tried."""

from collections.abc import Iterator

import pytest

from kactors.api.meta import name_of
from kactors.api.registry import REGISTRY
from kactors.api.schema import conform
from kactors.apiserver.authentication.user import (
    ANONYMOUS,
    CLOUD_CONTROLLER_MANAGER,
    KUBE_CONTROLLER_MANAGER,
    KUBE_PROXY,
    KUBE_SCHEDULER,
    User,
    admin_user,
    component_user,
    service_account_user,
)
from kactors.apiserver.authorization.attributes import Attributes
from kactors.apiserver.policy.bootstrap import bootstrap_objects
from kactors.apiserver.policy.component_roles import component_roles
from kactors.apiserver.policy.controller_roles import controller_roles
from kactors.apiserver.policy.rule import cluster_role_binding, user_subject
from tests.apiserver.authorization.world import Objects

#: who | group/resource | verbs that are allowed | verbs that are not
TABLE = """
scheduler | pods                             | get list watch delete   | create update patch
scheduler | pods/binding                     | create                  | get update
scheduler | pods/status                      | update patch            | get
scheduler | nodes                            | get list watch          | update patch delete
scheduler | events                           | create update patch     | get list
scheduler | namespaces                       | get list watch          | create delete
scheduler | secrets                          |                         | get list watch
scheduler | apps/replicasets                 | get list watch          | update
scheduler | apps/deployments                 |                         | get list
scheduler | policy/poddisruptionbudgets      | get list watch          | update
scheduler | persistentvolumes                | get update patch        | delete
scheduler | storage.k8s.io/storageclasses    | get list watch          | create
scheduler | coordination.k8s.io/leases       | create                  | delete list
proxy     | services                         | list watch              | get update
proxy     | discovery.k8s.io/endpointslices  | list watch              | create update
proxy     | endpoints                        | list watch              | update
proxy     | nodes                            | get list watch          | update
proxy     | pods                             |                         | get list watch
proxy     | secrets                          |                         | get list
proxy     | events                           | create                  | list
manager   | pods                             | list watch              | get create delete update
manager   | secrets                          | list watch get create   | patch
manager   | serviceaccounts                  | create get update       | delete
manager   | serviceaccounts/token            | create                  | get
manager   | apps/deployments                 | list watch              | get update
manager   | coordination.k8s.io/leases       | create list watch       | delete
cloud     | nodes                            | get list watch patch    | create
cloud     | nodes/status                     | patch update            | get
cloud     | services/status                  | patch update            | delete
cloud     | services                         | get list watch update   | create delete
cloud     | pods                             |                         | get list
cloud     | secrets                          |                         | get list
anonymous | pods                             |                         | get list watch create
anonymous | secrets                          |                         | get
nobody    | pods                             |                         | get list
nobody    | authorization.k8s.io/selfsubjectaccessreviews | create     | get
admin     | secrets                          | get create delete       |
deployment-controller    | apps/replicasets          | create update patch delete | deletecollection
deployment-controller    | apps/deployments          | get list update       | create delete
deployment-controller    | apps/deployments/status   | update                | patch
deployment-controller    | pods                      | get list update       | create delete
deployment-controller    | secrets                   |                       | get list
replicaset-controller    | pods                      | list create delete patch | get update
replicaset-controller    | apps/replicasets/status   | update                | patch
replicaset-controller    | apps/deployments          |                       | get list
statefulset-controller   | pods                      | get create delete update | deletecollection
statefulset-controller   | persistentvolumeclaims    | get create list watch delete | patch
statefulset-controller   | apps/statefulsets         | get list watch        | update
statefulset-controller   | apps/controllerrevisions  | create update delete  | deletecollection
daemon-set-controller    | pods                      | list create delete patch | update
daemon-set-controller    | pods/binding              | create                | get
daemon-set-controller    | nodes                     | list watch            | update
job-controller           | batch/jobs                | get list update patch | create delete
job-controller           | batch/jobs/status         | update                | patch
job-controller           | pods                      | create delete patch   | update
cronjob-controller       | batch/jobs                | create update delete  | deletecollection
cronjob-controller       | batch/cronjobs/status     | update                | patch
cronjob-controller       | pods                      | list watch delete     | create
node-controller          | nodes                     | get list update patch delete | create
node-controller          | nodes/status              | patch update          | get
node-controller          | pods                      | get list delete       | create update
node-controller          | pods/status               | patch update          | get
node-controller          | secrets                   |                       | get
pod-garbage-collector    | pods                      | list watch delete     | get create
pod-garbage-collector    | nodes                     | get list watch        | delete
endpointslice-controller | discovery.k8s.io/endpointslices | create update delete | patch
endpointslice-controller | services                  | get list watch        | update
endpointslice-controller | pods                      | get list watch        | update
endpoint-controller      | endpoints                 | create update delete  | patch
namespace-controller     | namespaces                | get list watch delete | create update
namespace-controller     | namespaces/finalize       | update                | patch
namespace-controller     | secrets                   | list delete deletecollection | create update
generic-garbage-collector | apps/replicasets         | get list patch update delete | create
generic-garbage-collector | pods                     | get delete            | create
disruption-controller    | policy/poddisruptionbudgets/status | update      | patch
disruption-controller    | pods                      |                       | delete
disruption-controller    | apps/deployments/scale    | get                   | update
service-account-controller | serviceaccounts         | create                | get delete
root-ca-cert-publisher   | configmaps                | create update         | get delete
service-controller       | services/status           | patch update          | get
service-controller       | services                  | get list watch        | update
route-controller         | nodes/status              | patch                 | update
route-controller         | nodes                     | list watch            | get
ttl-after-finished-controller | batch/jobs           | get list watch delete | create
clusterrole-aggregation-controller | rbac.authorization.k8s.io/clusterroles | escalate | create
"""

PEOPLE = """
view  | pods                               | get list watch          | create delete
view  | secrets                            |                         | get list
view  | apps/deployments                   | get                     | update
view  | pods/exec                          |                         | create get
view  | nodes                              |                         | get
edit  | pods                               | get create delete       |
edit  | secrets                            | get create              |
edit  | pods/exec                          | create                  |
edit  | pods/eviction                      | create                  | get
edit  | apps/deployments/scale             | get update              |
edit  | rbac.authorization.k8s.io/roles    |                         | get create
edit  | namespaces                         | get                     | create delete
admin | rbac.authorization.k8s.io/rolebindings | create delete       |
admin | pods                               | create                  |
admin | nodes                              |                         | get delete
admin | resourcequotas                     | get                     | create update
cluster-admin | nodes                      | delete                  |
"""

USERS = {
    "scheduler": component_user(KUBE_SCHEDULER),
    "proxy": component_user(KUBE_PROXY),
    "manager": component_user(KUBE_CONTROLLER_MANAGER),
    "cloud": component_user(CLOUD_CONTROLLER_MANAGER),
    "anonymous": ANONYMOUS,
    "nobody": component_user("nobody"),
    "admin": admin_user(),
}

OBJECTS = Objects(bootstrap_objects())


def lines(table: str) -> Iterator[tuple[str, str, str, bool]]:
    """Yield what a table says, verb by verb: who, what, verb, allowed or not."""
    for line in table.strip().splitlines():
        who, what, allowed, refused = (part.strip() for part in line.split("|"))
        for verb in allowed.split():
            yield who, what, verb, True
        for verb in refused.split():
            yield who, what, verb, False


def question(user: User, what: str, verb: str) -> Attributes:
    """Return a question about some object in some namespace."""
    parts = what.split("/")
    group = parts.pop(0) if "." in parts[0] or parts[0] in {"apps", "batch", "policy"} else ""
    resource, subresource = (*parts, "")[:2]
    return Attributes(user, verb, group, resource, "team", "x", subresource)


@pytest.mark.parametrize(("who", "what", "verb", "allowed"), list(lines(TABLE)))
def test_components_have_just_their_rights(who: str, what: str, verb: str, allowed: bool) -> None:
    """Each line of the table is so."""
    user = USERS.get(who) or service_account_user("kube-system", who)

    assert OBJECTS.authorizer.allows(question(user, what, verb)) is allowed


@pytest.mark.parametrize(("role", "what", "verb", "allowed"), list(lines(PEOPLE)))
def test_people_have_the_rights_of_their_role(
    role: str,
    what: str,
    verb: str,
    allowed: bool,
) -> None:
    """Each line of the table is so, aggregated roles included."""
    binding = cluster_role_binding(role, user_subject("kim"), name=f"kim-{role}")
    objects = Objects([*bootstrap_objects(), binding])

    assert objects.authorizer.allows(question(component_user("kim"), what, verb)) is allowed


def test_leases_are_each_components_own() -> None:
    """The scheduler renews the scheduler's lease and nobody else's."""
    for name, allowed in (("kube-scheduler", True), ("kube-controller-manager", False)):
        asked = Attributes(
            USERS["scheduler"], "update", "coordination.k8s.io", "leases", "kube-system", name
        )
        assert OBJECTS.authorizer.allows(asked) is allowed


def test_every_object_has_the_structure_of_its_kind() -> None:
    """The tables hold no field that the API does not know."""
    for obj in bootstrap_objects():
        resource = REGISTRY.of_object(obj)
        assert conform(resource.schema, obj).unknown == (), name_of(obj)


def test_nothing_is_there_twice_and_every_binding_has_its_role() -> None:
    """Names are taken once, and what is bound exists."""
    objects = bootstrap_objects()
    names = [(obj["kind"], obj["metadata"].get("namespace"), name_of(obj)) for obj in objects]

    assert len(set(names)) == len(names)
    for obj in objects:
        if "roleRef" in obj:
            kind, where = obj["roleRef"]["kind"], obj["metadata"].get("namespace")
            assert (kind, where if kind == "Role" else None, obj["roleRef"]["name"]) in names


def test_no_component_may_do_everything() -> None:
    """A rule about all verbs on everything is cluster-admin's alone."""
    for role in [*component_roles(), *controller_roles()]:
        for rule in role["rules"]:
            assert rule["verbs"] != ["*"] or rule.get("resources") != ["*"], name_of(role)
