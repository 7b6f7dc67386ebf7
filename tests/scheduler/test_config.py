"""Scheduler configurations."""

import pytest

from kactors.scheduler.config import DEFAULT_PLUGINS, Profile, SchedulerConfig
from kactors.scheduler.errors import ConfigurationError

VERSION = {"apiVersion": "kubescheduler.config.k8s.io/v1", "kind": "KubeSchedulerConfiguration"}


def test_the_default_plugins() -> None:
    """Without a word, upstream's plugins run with upstream's weights."""
    config = SchedulerConfig.from_object(VERSION)

    (profile,) = config.profiles
    assert profile.multi_point == DEFAULT_PLUGINS
    assert profile.weights() == {
        "TaintToleration": 3,
        "NodeAffinity": 2,
        "NodeResourcesFit": 1,
        "PodTopologySpread": 2,
        "InterPodAffinity": 2,
        "NodeResourcesBalancedAllocation": 1,
        "ImageLocality": 1,
    }


def test_a_whole_configuration() -> None:
    """Profiles, plugins, weights and arguments are read in upstream's form."""
    found = SchedulerConfig.from_object(
        {
            **VERSION,
            "percentageOfNodesToScore": 30,
            "podMaxBackoffSeconds": 60,
            "profiles": [
                {
                    "schedulerName": "packing",
                    "percentageOfNodesToScore": 50,
                    "plugins": {
                        "multiPoint": {
                            "enabled": [{"name": "ImageLocality", "weight": 9}, {"name": "Mine"}],
                            "disabled": [{"name": "InterPodAffinity"}],
                        },
                        "score": {"disabled": [{"name": "*"}]},
                    },
                    "pluginConfig": [{"name": "NodeResourcesFit", "args": {"x": 1}}],
                }
            ],
        }
    )

    (profile,) = found.profiles
    names = [choice.name for choice in profile.multi_point]
    assert names[-1] == "Mine"
    assert "InterPodAffinity" not in names
    assert profile.weights()["ImageLocality"] == 9
    assert profile.points["score"].disabled == {"*"}
    assert profile.plugin_args == {"NodeResourcesFit": {"x": 1}}
    assert (profile.percentage_of_nodes_to_score, found.percentage_of_nodes_to_score) == (50, 30)
    assert found.pod_max_backoff_ns == 60_000_000_000


def test_configurations_that_cannot_be() -> None:
    """Another version, two profiles of one name, and unknown ties are refused with a reason."""
    with pytest.raises(ConfigurationError, match="v1beta1"):
        SchedulerConfig.from_object({"apiVersion": "kubescheduler.config.k8s.io/v1beta1"})
    with pytest.raises(ConfigurationError, match="no name twice"):
        SchedulerConfig(profiles=(Profile(), Profile()))
    with pytest.raises(ConfigurationError, match="'first' or 'random'"):
        SchedulerConfig(ties="last")
