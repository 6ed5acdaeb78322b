"""What KubeRay and Ray Serve are told. Ray's own schema checks the Serve config, one of ours the rest."""

import copy
import json
import warnings
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
import yaml

from gateway.ray_serve.local_engines import local_engines
from routing.policy import Policy
from routing.policy_file import parse_policy
from tests.deploy.manifests import Manifest, of_kind

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Ray's own modules warn when they are imported
    import ray
    from ray.serve.schema import ServeDeploySchema

    from gateway.ray_serve.declared import DeclaredEngine
    from gateway.ray_serve.past_serve import MIDDLEWARES_PATH, SERVES_VARIABLE

SCHEMA = yaml.safe_load(Path(__file__).with_name("ray_service.schema.yaml").read_text("utf-8"))

RAY = Path(ray.__file__).parent
CONSTANTS = (
    "_common/usage/usage_constants.py",
    "_private/ray_constants.py",
    "llm/_internal/serve/constants.py",
    "serve/_private/constants.py",
)

each = pytest.mark.parametrize("overlay", ["many-gpus", "several-models"])


def ray_service(overlay: str) -> Manifest:
    [service] = of_kind(overlay, "RayService")
    return service


def cluster(overlay: str) -> dict[str, Any]:
    config: dict[str, Any] = ray_service(overlay)["spec"]["rayClusterConfig"]
    return config


def applications(overlay: str) -> dict[str, dict[str, Any]]:
    config = yaml.safe_load(ray_service(overlay)["spec"]["serveConfigV2"])
    return {application["name"]: application for application in config["applications"]}


def policy(overlay: str) -> Policy:
    [deployment] = applications(overlay)["gateway"]["deployments"]
    return parse_policy(deployment["user_config"]["text"], deployment["user_config"]["source"])


@each
def test_the_ray_service_has_the_fields_that_kuberay_knows(overlay: str) -> None:
    jsonschema.validate(ray_service(overlay), SCHEMA)


def in_cluster(change: dict[str, Any]) -> Callable[[Manifest], None]:
    """Changes the cluster's own fields."""
    return lambda service: service["spec"]["rayClusterConfig"].update(change)


def in_group(change: dict[str, Any]) -> Callable[[Manifest], None]:
    """Changes the fields of the first group of workers."""
    return lambda service: service["spec"]["rayClusterConfig"]["workerGroupSpecs"][0].update(change)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda service: service["spec"].pop("rayClusterConfig"),
        lambda service: service["spec"].update(serveConfig="applications: []"),
        lambda service: service["metadata"].update(name="d" * 48),
        in_cluster({"rayVersion": "2.51.0"}),
        in_cluster({"authOptions": {"mode": "password"}}),
        in_cluster({"autoscalerOptions": {"idleTimeoutS": 600}}),
        in_group({"minReplicas": "2"}),
        in_group({"maxReplicas": 2**31}),
        in_group({"rayStartParams": {"num-cpus": 2}}),
        in_group({"rayStartParams": {"labels": "zone=a"}}),
        in_group({"template": {"spec": {"containers": []}}}),
    ],
)
def test_the_schema_rejects_what_kuberay_would(spoil: Callable[[Manifest], None]) -> None:
    service = copy.deepcopy(ray_service("many-gpus"))
    spoil(service)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(service, SCHEMA)


@each
def test_the_serve_config_is_what_rays_own_schema_says(overlay: str) -> None:
    config = yaml.safe_load(ray_service(overlay)["spec"]["serveConfigV2"])
    schema = ServeDeploySchema.model_validate(config)
    assert [one.route_prefix for one in schema.applications][-1] == "/"


@each
def test_the_cluster_runs_the_ray_that_was_tested(overlay: str) -> None:
    assert cluster(overlay)["rayVersion"] == metadata.version("ray")


@each
def test_the_policy_is_right_and_its_engines_are_what_runs(overlay: str) -> None:
    """The gateway's policy and the engines' applications say the same of each engine, since both are read."""
    read = policy(overlay)
    assert read.warnings == ()
    declared = {
        application["route_prefix"].removeprefix("/engines/"): DeclaredEngine.model_validate(
            application["args"]
        )
        for name, application in applications(overlay).items()
        if name != "gateway"
    }
    assert {name: engine.model_dump(exclude={"gpu"}) for name, engine in declared.items()} == {
        name: engine.model_dump() for name, engine in local_engines(read).items()
    }


@each
def test_all_replicas_find_a_node(overlay: str) -> None:
    groups = {group["groupName"]: group for group in cluster(overlay)["workerGroupSpecs"]}
    engines = local_engines(policy(overlay)).values()
    assert groups["gpu"]["maxReplicas"] == sum(engine.replicas.max for engine in engines)
    assert groups["gpu"]["minReplicas"] == sum(engine.replicas.min for engine in engines)
    [deployment] = applications(overlay)["gateway"]["deployments"]
    scaling = deployment["autoscaling_config"]
    resources = json.loads(json.loads(groups["gateway"]["rayStartParams"]["resources"]))
    assert resources == deployment["ray_actor_options"]["resources"] == {"gateway": 1}
    assert (scaling["min_replicas"], scaling["max_replicas"]) == (
        groups["gateway"]["minReplicas"],
        groups["gateway"]["maxReplicas"],
    )


@each
def test_requests_come_to_the_gateway_past_serves_layers(overlay: str) -> None:
    """What a config says of an actor's environment replaces what the code says."""
    [deployment] = applications(overlay)["gateway"]["deployments"]
    variables = deployment["ray_actor_options"]["runtime_env"]["env_vars"]
    assert variables[SERVES_VARIABLE] == MIDDLEWARES_PATH


@each
def test_a_gateway_that_leaves_has_the_time_to_end_the_longest_answer(overlay: str) -> None:
    [deployment] = applications(overlay)["gateway"]["deployments"]
    longest_s = max(engine.timeouts.total_s for engine in policy(overlay).engines.values())
    assert deployment["graceful_shutdown_timeout_s"] >= longest_s


@each
def test_rays_dashboard_wants_a_token(overlay: str) -> None:
    assert cluster(overlay)["authOptions"] == {"mode": "token"}


@each
def test_nothing_but_rays_own_runs_on_the_head(overlay: str) -> None:
    assert cluster(overlay)["headGroupSpec"]["rayStartParams"]["num-cpus"] == "0"


@each
def test_ray_knows_every_variable_that_it_is_told(overlay: str) -> None:
    """One that another Ray calls otherwise would be told in vain: half of them have no other effect than under load."""
    [environment] = [
        one["data"] for one in of_kind(overlay, "ConfigMap") if "RAY_USAGE_STATS_ENABLED" in one["data"]
    ]
    source = "".join((RAY / name).read_text("utf-8") for name in CONSTANTS)
    told = [name for name in environment if name.startswith("RAY")]
    assert [name for name in told if f'"{name}"' not in source] == []
