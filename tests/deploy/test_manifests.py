"""What Kubernetes is told: right by its own schemas, and safe to run on a Friday."""

import copy
import os
from pathlib import Path

import kubernetes_validate  # type: ignore[import-untyped]
import pytest
import yaml

from gateway.ray_serve.environment import cluster_environment
from gateway.version import VERSION
from routing.policy_file import parse_policy
from tests.deploy.manifests import (
    OVERLAYS,
    Manifest,
    autoscalers,
    component,
    containers,
    of_kind,
    overlays,
    pod_templates,
    rendered,
)

KUBERNETES = ("1.32", "1.37")
OTHERS = {"RayService", "ServiceMonitor", "PrometheusRule"}
LONGEST_ANSWER_S = 600
KEYS = Path("../components/keys")

every_overlay = pytest.mark.parametrize("overlay", overlays())


def check(manifest: Manifest) -> None:
    """Raises where an object is not what Kubernetes' own schema says, unknown fields included."""
    for version in KUBERNETES:
        kubernetes_validate.validate(manifest, version, strict=True)


@every_overlay
def test_every_object_is_what_kubernetes_schema_says(overlay: str) -> None:
    for manifest in rendered(overlay):
        if manifest["kind"] not in OTHERS:
            check(manifest)


@every_overlay
def test_every_pod_template_is_too_whoever_makes_pods_from_it(overlay: str) -> None:
    for template in pod_templates(overlay):
        check({"apiVersion": "v1", "kind": "PodTemplate", "metadata": {"name": "x"}, "template": template})


@every_overlay
def test_what_is_said_of_kuberays_own_container_is_too(overlay: str) -> None:
    for container in autoscalers(overlay):
        check(
            {
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": {"name": "x"},
                "spec": {"containers": [container]},
            }
        )


@pytest.mark.parametrize("wrong", ["misspelt", "mistyped"])
def test_the_schemas_reject_what_is_wrong(wrong: str) -> None:
    [deployment] = copy.deepcopy(of_kind("existing-engines", "Deployment"))
    pod = deployment["spec"]["template"]["spec"]
    if wrong == "misspelt":
        pod["terminationGracePeriod"] = 30
    else:
        pod["terminationGracePeriodSeconds"] = "half a minute"
    with pytest.raises(kubernetes_validate.ValidationError):
        check(deployment)


@every_overlay
def test_containers_may_do_nothing_that_they_need_not(overlay: str) -> None:
    for template in pod_templates(overlay):
        pod = template["spec"]["securityContext"]
        assert pod["runAsNonRoot"]
        assert pod["runAsUser"] == 10001
        assert pod["seccompProfile"] == {"type": "RuntimeDefault"}
    for container in containers(overlay):
        context = container["securityContext"]
        assert context["allowPrivilegeEscalation"] is False
        assert context["readOnlyRootFilesystem"] is True
        assert context["capabilities"] == {"drop": ["ALL"]}


@every_overlay
def test_only_rays_head_has_a_token_for_kubernetes_own_api(overlay: str) -> None:
    for template in pod_templates(overlay):
        has_token = template["spec"].get("automountServiceAccountToken", True)
        assert has_token == (component(template) == "head")


@every_overlay
def test_every_container_says_what_it_needs_and_memory_is_bounded(overlay: str) -> None:
    for container in containers(overlay):
        resources = container["resources"]
        assert set(resources["requests"]) >= {"cpu", "memory"}
        assert "memory" in resources["limits"]
        assert "cpu" not in resources["limits"]  # throttled in the middle of a token


@every_overlay
def test_no_pod_can_fill_its_nodes_disk(overlay: str) -> None:
    for template in pod_templates(overlay):
        for volume in template["spec"]["volumes"]:
            assert "sizeLimit" in volume.get("emptyDir", {"sizeLimit": None}), volume


@every_overlay
def test_what_a_container_mounts_is_a_volume_of_its_pod(overlay: str) -> None:
    for template in pod_templates(overlay):
        there = {volume["name"] for volume in template["spec"]["volumes"]}
        of_head = component(template) == "head"
        mounting = [*template["spec"]["containers"], *(autoscalers(overlay) if of_head else ())]
        assert all(mount["name"] in there for one in mounting for mount in one["volumeMounts"])


@every_overlay
def test_a_pod_has_the_time_to_end_the_longest_answer(overlay: str) -> None:
    for template in pod_templates(overlay):
        if component(template) == "head":
            continue
        [main, *_] = template["spec"]["containers"]
        needs_s = int(main["lifecycle"]["preStop"]["exec"]["command"][1]) + _drains_s(overlay)
        assert template["spec"]["terminationGracePeriodSeconds"] >= needs_s


def _drains_s(overlay: str) -> int:
    """How long what is told to end has for its answers: what Ray is told, or as long as it needs."""
    [environment] = [
        one for one in of_kind(overlay, "ConfigMap") if "RAY_SERVE_ENABLE_HA_PROXY" in one["data"]
    ] or [{}]
    drains_s = int(environment.get("data", {}).get("RAY_GRACEFUL_SHUTDOWN_DRAIN_TIMEOUT_S", LONGEST_ANSWER_S))
    assert drains_s >= LONGEST_ANSWER_S
    return drains_s


@every_overlay
def test_a_rollout_is_given_the_time_that_its_pods_are_to_start(overlay: str) -> None:
    for deployment in of_kind(overlay, "Deployment"):
        [main] = deployment["spec"]["template"]["spec"]["containers"]
        probe = main["startupProbe"]
        starts_within_s = probe["periodSeconds"] * probe["failureThreshold"]
        assert deployment["spec"].get("progressDeadlineSeconds", 600) > starts_within_s


@every_overlay
def test_pods_that_are_not_ready_keep_no_node_from_being_emptied(overlay: str) -> None:
    for budget in of_kind(overlay, "PodDisruptionBudget"):
        if budget["spec"]["maxUnavailable"]:
            assert budget["spec"]["unhealthyPodEvictionPolicy"] == "AlwaysAllow"


@every_overlay
def test_a_gateway_gets_requests_only_while_an_engine_answers_and_is_not_killed_for_it(overlay: str) -> None:
    gateways = [template for template in pod_templates(overlay) if component(template) == "gateway"]
    assert gateways
    for template in gateways:
        [main, *_] = template["spec"]["containers"]
        assert main["readinessProbe"]["httpGet"]["path"] == "/ready"
        assert main["livenessProbe"]["httpGet"]["path"] != "/ready"


@every_overlay
def test_services_budgets_and_network_policies_select_pods_that_exist(overlay: str) -> None:
    labels = [template["metadata"]["labels"] for template in pod_templates(overlay)]
    selectors = [service["spec"]["selector"] for service in of_kind(overlay, "Service")]
    selectors += [
        budget["spec"]["selector"]["matchLabels"] for budget in of_kind(overlay, "PodDisruptionBudget")
    ]
    selectors += [
        policy["spec"]["podSelector"]["matchLabels"] for policy in of_kind(overlay, "NetworkPolicy")
    ]
    elsewhere = {"app.kubernetes.io/component": "engine"}  # engines that an overlay does not start itself
    for selector in selectors:
        if overlay in {"existing-engines", "monitored"} and elsewhere.items() <= selector.items():
            continue
        assert any(selector.items() <= pod.items() for pod in labels), selector


@every_overlay
def test_services_name_ports_that_their_pods_have(overlay: str) -> None:
    for service in of_kind(overlay, "Service"):
        for port in service["spec"]["ports"]:
            names = {
                declared["name"]
                for template in pod_templates(overlay)
                if service["spec"]["selector"].items() <= template["metadata"]["labels"].items()
                for container in template["spec"]["containers"]
                for declared in container["ports"]
            }
            assert port["targetPort"] in names


@every_overlay
def test_nobody_outside_reaches_an_engine_or_rays_dashboard(overlay: str) -> None:
    open_to_all = {
        port["port"]
        for policy in of_kind(overlay, "NetworkPolicy")
        for rule in policy["spec"].get("ingress", [])
        if "from" not in rule
        for port in rule["ports"]
    }
    assert open_to_all <= {"http", "metrics"}
    guarded = [
        policy["spec"]["podSelector"]["matchLabels"]["app.kubernetes.io/component"]
        for policy in of_kind(overlay, "NetworkPolicy")
        if any("from" not in rule for rule in policy["spec"].get("ingress", []))
    ]
    assert set(guarded) == {"gateway"}


@every_overlay
def test_pods_cannot_reach_the_clouds_metadata(overlay: str) -> None:
    blocks = [
        to["ipBlock"]
        for policy in of_kind(overlay, "NetworkPolicy")
        for rule in policy["spec"].get("egress", [])
        for to in rule["to"]
        if "ipBlock" in to
    ]
    assert {block["cidr"] for block in blocks} == {"0.0.0.0/0", "::/0"}
    assert all("169.254.0.0/16" in block["except"] or "fd00:ec2::/32" in block["except"] for block in blocks)


@every_overlay
def test_no_manifest_holds_a_secret(overlay: str) -> None:
    assert not of_kind(overlay, "Secret")
    for template in pod_templates(overlay):
        [main, *_] = template["spec"]["containers"]
        assert {"secretRef": {"name": "dragoman"}} in main["envFrom"]


@every_overlay
def test_images_are_pinned_to_this_version(overlay: str) -> None:
    for template in pod_templates(overlay):
        for container in template["spec"]["containers"]:
            assert container["image"].rpartition(":")[2].partition("-")[0] == VERSION


@pytest.mark.parametrize("path", sorted(OVERLAYS.glob("*/policy.yaml")), ids=lambda path: path.parent.name)
def test_every_policy_is_right(path: Path) -> None:
    assert parse_policy(path.read_text("utf-8"), str(path)).warnings == ()


@pytest.mark.parametrize("overlay", ["many-gpus", "several-models"])
def test_clusters_of_kuberays_are_set_up_as_ours_are(overlay: str) -> None:
    [environment] = [
        one for one in of_kind(overlay, "ConfigMap") if one["metadata"]["name"] != "serve-config"
    ]
    haproxy = Path("/opt/dragoman/bin/dragoman-haproxy")  # where the image has it
    ours = cluster_environment(Path("/tmp/x"), haproxy, free_ports=(1, 2, 3), cores=2, open_files=65_536)
    places = {name for name, value in ours.items() if value.startswith("/tmp/x") or name.endswith("_PORT")}
    wanted = {name: value for name, value in ours.items() if name not in places}
    assert wanted.items() <= environment["data"].items()
    assert "VLLM_LOGGING_LEVEL" in environment["data"]


@pytest.mark.parametrize("overlay", ["many-gpus", "several-models"])
def test_the_gateways_metrics_are_where_the_container_beside_them_looks(overlay: str) -> None:
    [environment] = of_kind(overlay, "ConfigMap")
    folder = environment["data"]["DRAGOMAN_METRICS_DIR"]
    [gateway] = [template for template in pod_templates(overlay) if component(template) == "gateway"]
    _, exporter = gateway["spec"]["containers"]
    assert exporter["command"] == ["dragoman", "metrics", folder]
    assert folder in [mount["mountPath"] for mount in exporter["volumeMounts"]]  # there before any gateway is
    [service] = of_kind(overlay, "RayService")
    applications = yaml.safe_load(service["spec"]["serveConfigV2"])["applications"]
    [deployment] = next(one for one in applications if one["name"] == "gateway")["deployments"]
    variables = deployment["ray_actor_options"]["runtime_env"]["env_vars"]
    assert variables["PROMETHEUS_MULTIPROC_DIR"] == folder


@pytest.mark.parametrize("overlay", ["existing-engines", "one-gpu", "many-gpus"])
def test_a_keys_file_comes_to_gateways_and_to_nobody_else(overlay: str, tmp_path: Path) -> None:
    base, keys = (os.path.relpath(one, tmp_path.resolve()) for one in (OVERLAYS / overlay, OVERLAYS / KEYS))
    lines = ["apiVersion: kustomize.config.k8s.io/v1beta1", "kind: Kustomization"]
    text = "\n".join([*lines, f"resources: [{base}]", f"components: [{keys}]"])
    (tmp_path / "kustomization.yaml").write_text(text)
    for template in pod_templates(str(tmp_path)):
        check({"apiVersion": "v1", "kind": "PodTemplate", "metadata": {"name": "x"}, "template": template})
        [main, *others] = template["spec"]["containers"]
        mounted = [mount["name"] for mount in main["volumeMounts"]]
        assert ("keys" in mounted) == (component(template) == "gateway")
        assert all("keys" not in [mount["name"] for mount in other["volumeMounts"]] for other in others)
        assert set(mounted) <= {volume["name"] for volume in template["spec"]["volumes"]}
