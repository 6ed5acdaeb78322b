from pathlib import Path

import pytest

from routing.engine_settings import LocalEngineSettings
from routing.policy import Features, choose
from routing.policy_file import load_policy
from routing.strategies.direct import Direct

EXAMPLES = sorted(Path("deploy/policies").glob("*.yaml"))
DEFAULT = Path("gateway/default_policy.yaml")


@pytest.mark.parametrize("path", [*EXAMPLES, DEFAULT], ids=lambda path: path.name)
def test_every_shipped_policy_is_right_and_leaves_undetermined_languages_alone(path: Path) -> None:
    policy = load_policy(path)
    assert policy.warnings == ()
    assert choose(policy, Features("any model")).strategy == Direct()


def test_there_is_one_for_each_kind_of_site() -> None:
    assert [path.stem for path in EXAMPLES] == ["by-language", "embedded-model", "remote-engines"]


def test_the_default_serves_the_embedded_model_and_changes_nothing() -> None:
    policy = load_policy(DEFAULT)
    [engine] = policy.engines.values()
    assert isinstance(engine, LocalEngineSettings)
    assert (engine.model, engine.models) == ("embedded", ("smollm2-135m-instruct",))
    assert policy.rules == ()


@pytest.mark.parametrize(
    ("features", "rule"),
    [
        (Features("llama-3.1-8b", language="ta", confidence=0.9), "Indic"),
        (Features("llama-3.1-8b", language="ta", confidence=0.3), "default"),
        (Features("llama-3.1-8b", language="hi-Latn", confidence=0.9, romanised=True), "romanised Indic"),
        (Features("llama-3.1-8b", language="hi", confidence=0.9, tools=True), "tools"),
        (Features("llama-3.1-8b", language="fil", confidence=0.9), "South-East Asia"),
        (Features("llama-3.1-8b", language="yo", confidence=0.9), "other languages with little data"),
        (Features("llama-3.1-8b", language="yo", confidence=0.9, prompt_chars=30_000), "default"),
        (Features("llama-3.3-70b", language="yo", confidence=0.9), "default"),
        (Features("llama-3.1-8b", language="fr", confidence=0.9), "default"),
        (Features("llama-3.1-8b", task="translation", key="nightly"), "nightly translation"),
        (Features("llama-3.1-8b", language="und-Latn"), "undetermined"),
    ],
)
def test_the_site_by_language_does_what_its_comments_say(features: Features, rule: str) -> None:
    assert choose(load_policy(Path("deploy/policies/by-language.yaml")), features).rule == rule
