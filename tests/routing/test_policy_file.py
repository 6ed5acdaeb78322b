import json
from contextlib import suppress
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from routing.engine_settings import HttpEngineSettings, LocalEngineSettings
from routing.errors import ConfigError
from routing.policy import Features, choose
from routing.policy_file import load_policy, parse_policy, public_view
from routing.strategies.direct import Direct
from routing.strategies.route import Route

SMALLEST = "version: 1\nengines:\n  a: {kind: http, urls: ['http://a/v1']}\n"

NAMES = st.sampled_from(
    ["hindi हिन्दी", "فارسی‌ها", "ภาษาไทย", "中文（繁體）", "한국어", "עברית", "no rule: {x}", "'", "# a", "1"]
)
TAGS = st.sampled_from(["zh", "zh-Hant", "hi-Latn", "no", "ar", "fa", "th", "am", "und", "sr-Cyrl", "yue"])
STRATEGIES = st.sampled_from(
    [
        {"kind": "direct"},
        {"kind": "route", "model": "llama"},
        {"kind": "route", "model": "m.1", "engine": "b"},
    ]
)
RANGES = st.fixed_dictionaries({"min": st.floats(-5, 5)}) | st.fixed_dictionaries({"max": st.floats(-5, 5)})
WHENS = st.fixed_dictionaries(
    {},
    optional={
        "model": st.lists(st.text("abcç字", min_size=1), min_size=1),
        "language": st.lists(TAGS, min_size=1),
        "resource": st.lists(st.sampled_from(["low", "mid", "high"]), min_size=1),
        "confidence": RANGES,
        "priority": RANGES,
        "mixed": st.booleans(),
        "tools": st.booleans(),
        "key": st.lists(NAMES, min_size=1),
    },
)
FILES = st.fixed_dictionaries(
    {
        "version": st.just(1),
        "engines": st.just(
            {
                "a": {"kind": "http", "urls": ["http://a/v1"], "timeouts": {"connect_s": 0.5}},
                "b": {
                    "kind": "local",
                    "model": "embedded",
                    "served_name": "m.1",
                    "replicas": 2,
                    "vllm": {"seed": None},
                },
            }
        ),
        "groups": st.dictionaries(NAMES, st.lists(TAGS, unique=True), max_size=3),
        "rules": st.lists(
            st.fixed_dictionaries({"name": NAMES, "when": WHENS, "strategy": STRATEGIES}),
            unique_by=lambda rule: str(rule["name"]),
            max_size=4,
        ),
        "default": STRATEGIES,
        "undetermined": STRATEGIES,
    }
)


def yaml(value: object) -> str:
    written = StringIO()
    writer = YAML(typ="safe", pure=True)
    writer.allow_unicode = True
    writer.dump(value, written)
    return written.getvalue()


def refusal(text: str | bytes) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        parse_policy(text, "p.yaml")
    return caught.value.message.splitlines()


def test_the_smallest_file_changes_nothing_about_any_request() -> None:
    policy = parse_policy(SMALLEST, "p.yaml")
    assert policy.engines["a"] == HttpEngineSettings(urls=("http://a/v1",))
    for language in ("en", "th", "und", "ar"):
        assert choose(policy, Features("m", language=language)).strategy == Direct()


def test_a_whole_file_becomes_a_policy(tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text(
        """
version: 1
engines:
  general: {kind: http, urls: [https://user:pass@llm.example/v1?], api_key_env: KEY, retries: 0}
  small: {kind: local, model: embedded, served_name: smollm2, replicas: {min: 1, max: 2}, vllm: {seed: 1}}
groups:
  زبان‌ها: [fa, ar, ur]
rules:
  - name: نستعلیق
    when: {language: زبان‌ها, confidence: {min: 0.5}}
    strategy: {kind: route, engine: small}
default: {kind: route, model: large}
""",
        "utf-8",
    )
    policy = load_policy(path)
    assert isinstance(policy.engines["small"], LocalEngineSettings)
    choice = choose(policy, Features("m", language="ur", confidence=0.7))
    assert (choice.rule, choice.strategy) == ("نستعلیق", Route(engine="small"))
    assert choose(policy, Features("m", language="ur", confidence=0.3)).strategy == Route(model="large")
    assert choose(policy, Features("m")).strategy == Direct()


def test_norwegian_is_a_language_and_not_a_falsehood() -> None:
    text = SMALLEST + "rules:\n  - {name: nei, when: {language: [no, on]}, strategy: {kind: direct}}\n"
    assert refusal(text) == [
        "p.yaml:5: rules[0].when.language[1]: not a BCP-47 tag, and no group is called `on` (known: none)"
    ]
    policy = parse_policy(text.replace(", on", ""), "p.yaml")
    assert [choose(policy, Features("m", language=tag)).rule for tag in ("no", "nb", "nn")] == [
        "nei",
        "nei",
        "default",
    ]


def test_everything_wrong_is_told_at_once_in_the_order_of_the_file() -> None:
    assert refusal("""version: 1
engines:
  a: {kind: http, urls: ["http://u:secret@a/v1"], modles: [m], retries: "secret"}
  b: {kind: htp}
  c: {urls: ["http://c/v1"]}
groups:
  indic: [hi, 7]
rules:
  - name: x
    when:
      language: [th, false]
      conf: 1
      resource: lo
    strategy: {kind: route}
  - nam: y
    strategy: {kind: direct, model: m}
defualt: {kind: direct}
""") == [
        "p.yaml:3: engines.a.retries: must be a whole number",
        "p.yaml:3: engines.a.modles: unknown key; did you mean `models`? (known: api_key_env, fallback, "
        "fallback_model, hedges, kind, masks, max_inflight, models, retries, steers, timeouts, urls)",
        "p.yaml:4: engines.b.kind: no kind is called `htp`; did you mean `http`? (known: http, local)",
        "p.yaml:5: engines.c.kind: is required (known: http, local)",
        "p.yaml:7: groups.indic[1]: must be text (in quotation marks where it looks like a number), not 7",
        "p.yaml:11: rules[0].when.language[1]: must be text (in quotation marks where it looks like a number), "
        "not false",
        "p.yaml:12: rules[0].when.conf: unknown key (known: confidence, endpoint, key, language, mixed, model, "
        "priority, prompt_chars, resource, response_format, romanised, task, tools)",
        "p.yaml:13: rules[0].when.resource: must be 'low', 'mid' or 'high'",
        "p.yaml:14: rules[0].strategy: names neither a model nor an engine",
        "p.yaml:15: rules[1].name: is required",
        "p.yaml:15: rules[1].nam: unknown key; did you mean `name`? (known: contract, name, strategy, when)",
        "p.yaml:16: rules[1].strategy.model: unknown key (known: demonstrations, kind)",
        "p.yaml:17: defualt: unknown key; did you mean `default`? (known: contract, default, engines, groups, prompts, "
        "rules, undetermined, version)",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "p.yaml:1: must be a mapping, not null"),
        ("- a", "p.yaml:1: must be a mapping"),
        ("version: 2\nengines: {a: {kind: local, model: m, served_name: s}}", "p.yaml:1: version: must be 1, not 2"),
        ("version: 1\n\nengines: {}", "p.yaml:3: engines: must not be empty"),
        ("version: 1\nengines: [a]", "p.yaml:2: engines: must be a mapping"),
        ("engines:\n  a b: {kind: local, model: m, served_name: s}\nversion: 1", "p.yaml:2: engines.a b: must match"),
        (SMALLEST + "rules:\n- name: x\n  when: {tools: }\n  strategy: {kind: direct}", "p.yaml:6: rules[0].when:"),
        (SMALLEST + "groups: {x: &x [th], x: *x}", "p.yaml:4: groups.x: given twice, first in line 4"),
    ],
)  # fmt: skip
def test_mistakes_of_form_name_file_line_and_key(text: str, said: str) -> None:
    assert refusal(text)[0].startswith(said)


def test_no_message_repeats_what_may_be_a_secret() -> None:
    told = "\n".join(
        refusal("""version: 1
engines:
  a: {kind: http, urls: [sk-secret], api_key_env: sk-secret, retries: sk-secret, timeouts: sk-secret}
  b: {kind: local, model: m, served_name: s, vllm: {hf_token: sk-secret}}
""")
    )
    assert len(told.splitlines()) == 5
    assert "sk-secret" not in told


def test_the_public_view_has_no_credentials() -> None:
    text = """version: 1
engines:
  a: {kind: http, urls: ["https://user:pass@llm.example:8443/v1", "http://[::1]:80/v1"], api_key_env: LLM_KEY}
"""
    view = public_view(parse_policy(text, "p.yaml"))
    assert view["engines"]["a"]["urls"] == ["https://llm.example:8443/v1", "http://[::1]:80/v1"]
    assert view["engines"]["a"]["api_key_env"] == "LLM_KEY"
    assert "pass" not in json.dumps(view)


@settings(deadline=None)
@given(FILES)
def test_a_policy_survives_being_written_and_read_again(file: dict[str, Any]) -> None:
    first = parse_policy(yaml(file), "p.yaml")
    view = public_view(first)
    warnings = view.pop("warnings")
    second = parse_policy(yaml(view), "p.yaml")
    assert (second.engines, second.rules, second.groups) == (first.engines, first.rules, first.groups)
    assert (second.default, second.undetermined) == (first.default, first.undetermined)
    assert len(second.warnings) == len(warnings)
    assert json.loads(json.dumps(view)) == view


@settings(deadline=None)
@given(st.text() | st.binary())
def test_arbitrary_input_gives_a_policy_or_a_config_error(text: str | bytes) -> None:
    with pytest.raises(ConfigError, match=r"^p\.yaml:"):
        parse_policy(text, "p.yaml")


KEYS = [
    "version",
    "engines",
    "groups",
    "rules",
    "default",
    "name",
    "when",
    "strategy",
    "kind",
    "urls",
    "language",
    "a",
]
ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["http", "route", "local", "th"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS) | st.text(), inner, max_size=5)
    ),
    max_leaves=25,
)


@settings(deadline=None)
@given(
    ANYTHING
    | st.fixed_dictionaries(
        {"version": st.just(1), "engines": ANYTHING, "rules": ANYTHING, "groups": ANYTHING}
    )
)
def test_well_formed_nonsense_gives_a_policy_or_a_config_error(value: object) -> None:
    with suppress(ConfigError):
        parse_policy(json.dumps(value, ensure_ascii=False), "p.yaml")
