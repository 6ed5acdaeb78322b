import pytest

from gateway.ray_serve.local_engines import local_engines, logical_cpus, workers_per_replica
from routing.policy_file import parse_policy

POLICY = """
version: 1
engines:
  klein: {kind: local, model: embedded, served_name: 小さい, replicas: 2}
  gross:
    kind: local
    model: org/model
    served_name: großes
    replicas: {min: 0, max: 3}
    vllm: {tensor_parallel_size: 2}
  fern: {kind: http, urls: ["http://127.0.0.1:9/v1"], models: [दूर]}
"""


def test_only_engines_of_our_own_are_local() -> None:
    assert list(local_engines(parse_policy(POLICY, "p.yaml"))) == ["klein", "gross"]


@pytest.mark.parametrize(("gateways", "cores", "expected"), [(1, 2, 9), (11, 2, 10), (1, 64, 64)])
def test_ray_is_told_of_a_cpu_for_each_worker_and_a_share_for_each_gateway(
    gateways: int, cores: int, expected: int
) -> None:
    policy = parse_policy(POLICY, "p.yaml")
    assert logical_cpus(policy, gateway_replicas=gateways, cores=cores) == expected


def test_a_replica_has_a_worker_for_each_part_of_its_model() -> None:
    assert workers_per_replica({}) == 1
    assert workers_per_replica({"tensor_parallel_size": 2, "pipeline_parallel_size": 3}) == 6
