"""What a cluster's DNS consists of."""

from kactors.api.registry import REGISTRY
from kactors.cluster.addresses import DNS_IP
from kactors.cluster.dns import dns_manifests
from kactors.node.dns.program import COREDNS


def test_dns_is_as_kubeadm_has_it() -> None:
    """An account, its settings, a Service at the tenth address, and as many pods as wanted."""
    manifests = dns_manifests(3)

    assert [each["kind"] for each in manifests] == [
        "ServiceAccount", "ConfigMap", "Service", "Deployment",
    ]  # fmt: skip
    assert all(REGISTRY.of_object(each).namespaced for each in manifests)
    _, _, service, deployment = manifests
    assert service["spec"]["clusterIP"] == DNS_IP
    template = deployment["spec"]["template"]
    assert deployment["spec"]["replicas"] == 3
    assert service["spec"]["selector"] == template["metadata"]["labels"]
    assert template["spec"]["containers"][0]["image"].startswith(COREDNS + ":")
