import pytest

from routing.errors import ConfigError
from routing.policy_file import parse_policy

ENGINES = """version: 1
engines:
  a: {kind: http, urls: ["http://a/v1"], models: [m, n]}
  b: {kind: http, urls: ["http://b/v1"], models: [k]}
"""
OPEN_ENGINE = """  c: {kind: http, urls: ["http://c/v1"]}
"""


def refusal(text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        parse_policy(text, "p")
    return caught.value.message.splitlines()


def rules(*lines: str) -> str:
    return "rules:\n" + "".join(f"  - {line}\n" for line in lines)


def test_a_group_name_that_is_also_a_language_is_refused() -> None:
    [told] = refusal(ENGINES + "groups:\n  low: [yo]\n")
    assert told == "p:6: groups.low: is also a language tag: another name keeps the two apart"


def test_a_language_in_a_group_twice_is_found_under_its_other_name() -> None:
    [told] = refusal(ENGINES + "groups:\n  gulf: [ar, fa, arb]\n")
    assert told == "p:6: groups.gulf: `ar` is given more than once"


def test_an_adapter_is_not_called_like_its_model() -> None:
    engine = "{kind: local, model: m, served_name: llama, adapters: {llama: /sw, llama-sw: /sw}}"
    [told] = refusal(f"version: 1\nengines:\n  a: {engine}\n")
    assert told == "p:3: engines.a.adapters: `llama` is given more than once"


def test_languages_that_do_not_exist_are_named_each() -> None:
    told = refusal(
        ENGINES
        + "groups:\n  भारत: [hi, zz, हिन्दी]\n"
        + rules("{name: r, when: {language: [th, भरत]}, strategy: {kind: direct}}")
    )
    assert told == [
        "p:6: groups.भारत[1]: `zz` is not a BCP-47 language tag",
        "p:6: groups.भारत[2]: `हिन्दी` is not a BCP-47 language tag",
        "p:8: rules[0].when.language[1]: not a BCP-47 tag, and no group is called `भरत`; did you mean `भारत`? "
        "(known: भारत)",
    ]


def test_a_group_may_hold_norwegian() -> None:
    policy = parse_policy(ENGINES + "groups:\n  nordic: [no, nn, da, sv]\n", "p")
    assert policy.groups["nordic"] == ("no", "nn", "da", "sv")


@pytest.mark.parametrize("name", ["default", "undetermined"])
def test_a_rule_cannot_take_the_name_of_what_happens_without_one(name: str) -> None:
    assert len(refusal(ENGINES + rules(f"{{name: {name}, strategy: {{kind: direct}}}}"))) == 1


def test_two_rules_of_one_name_are_refused() -> None:
    told = refusal(ENGINES + rules(*["{name: 規則, when: {tools: true}, strategy: {kind: direct}}"] * 2))
    assert told == ["p:7: rules[1].name: `規則` is the name of rules[0] too"]


def test_a_model_that_nobody_serves_is_an_error_only_where_all_engines_say_what_they_serve() -> None:
    asking = rules("{name: r, when: {model: x}, strategy: {kind: route, model: y}}")
    assert refusal(ENGINES + asking) == [
        "p:6: rules[0].when.model[0]: no engine in question serves `x` (known: k, m, n)",
        "p:6: rules[0].strategy.model: no engine in question serves `y` (known: k, m, n)",
    ]
    assert parse_policy(ENGINES + OPEN_ENGINE + asking, "p").rules[0].name == "r"


def test_a_route_to_an_engine_is_checked_against_that_engine() -> None:
    told = refusal(
        ENGINES
        + OPEN_ENGINE
        + "default: {kind: route, engine: a, model: k}\nundetermined: {kind: route, engine: d}\n"
    )
    assert told == [
        "p:6: default.model: no engine in question serves `k` (known: m, n)",
        "p:7: undetermined.engine: no engine is called `d` (known: a, b, c)",
    ]
    assert parse_policy(ENGINES + OPEN_ENGINE + "default: {kind: route, engine: c, model: any}\n", "p")


@pytest.mark.parametrize("circle", [("a",), ("a", "b"), ("a", "b", "c")])
def test_fallbacks_that_go_round_in_a_circle_are_refused(circle: tuple[str, ...]) -> None:
    engines = "".join(
        f"  {name}: {{kind: http, urls: ['http://{name}/v1'], fallback: {circle[(index + 1) % len(circle)]}}}\n"
        for index, name in enumerate(circle)
    )
    told = refusal(
        f"version: 1\nengines:\n{engines}  d: {{kind: http, urls: ['http://d/v1'], fallback: a}}\n"
    )
    assert told == [
        f"p:{index + 3}: engines.{name}.fallback: leads back to this engine"
        for index, name in enumerate(circle)
    ]


def test_a_fallback_must_exist_and_serve_what_it_stands_in_for() -> None:
    told = refusal("""version: 1
engines:
  a: {kind: http, urls: ["http://a/v1"], models: [m], fallback: b}
  b: {kind: http, urls: ["http://b/v1"], models: [k], fallback: bb}
  c: {kind: http, urls: ["http://c/v1"], models: [m], fallback: b, fallback_model: kk}
  d: {kind: http, urls: ["http://d/v1"], models: [m], fallback: b, fallback_model: k}
  e: {kind: http, urls: ["http://e/v1"], fallback_model: k}
""")
    assert told == [
        "p:3: engines.a.fallback: no engine in question serves `m` (known: k)",
        "p:4: engines.b.fallback: no engine is called `bb` (known: a, c, d, e)",
        "p:5: engines.c.fallback_model: no engine in question serves `kk`; did you mean `k`? (known: k)",
        "p:7: engines.e.fallback_model: means nothing without `fallback`",
    ]


def test_urls_and_models_given_twice_are_refused() -> None:
    told = refusal("""version: 1
engines:
  a:
    kind: http
    urls: ["http://a/v1", "http://a/v1/"]
    models: [m, m]
""")
    assert told == [
        "p:5: engines.a.urls: `http://a/v1` is given more than once",
        "p:6: engines.a.models: `m` is given more than once",
    ]


@pytest.mark.parametrize(
    ("earlier", "later", "is_in_vain"),
    [
        ("{}", "{language: th}", True),
        ("{language: zh}", "{language: zh-Hant}", True),
        ("{language: zh-Hant}", "{language: zh}", False),
        ("{language: [ar, fa, ur]}", "{language: [ur, fa], tools: true}", True),
        ("{language: [hi, ne]}", "{language: [hi, th]}", False),
        ("{language: th, tools: true}", "{language: th}", False),
        ("{confidence: {min: 0.2}}", "{confidence: {min: 0.4, max: 0.9}}", True),
        ("{confidence: {min: 0.5}}", "{confidence: {max: 0.9}}", False),
        ("{model: [m, n]}", "{model: m}", True),
        ("{resource: low}", "{language: yo}", False),
    ],
)
def test_a_rule_in_vain_is_a_warning(earlier: str, later: str, is_in_vain: bool) -> None:
    text = ENGINES + rules(
        f"{{name: erste, when: {earlier}, strategy: {{kind: direct}}}}",
        f"{{name: zweite, when: {later}, strategy: {{kind: direct}}}}",
    )
    warned = "p:7: rules[1]: can never match: `erste` before it takes all of its requests"
    assert parse_policy(text, "p").warnings == ((warned,) if is_in_vain else ())


@pytest.mark.parametrize(
    ("strategy", "told"),
    [
        ("{kind: vote_across, pivots: [no, en, nb]}", ": `pivots` has a language twice, which would have two votes"),
        ("{kind: samples, n: 3, first: 3}", ": `first` (3) must be less than `n` (3), of which it is the beginning"),
        ("{kind: samples, enough: 0.5}", ": `enough` means nothing without `first`"),
        ("{kind: pivot_reason, pivot: mul}", ".pivot: `mul` names no language that a text could be in"),
        ("{kind: self_translate, pivot: und-Latn}", ".pivot: `und-Latn` names no language that a text could be in"),
        ("{kind: self_translate, quality: {m: {iw: 9, he: 8}}}", ".quality.m: `iw` and `he` are one language"),
        (
            "{kind: steer, profiles: {tl: {profile: a@0123456789abcdef}, fil: {profile: b@0123456789abcdef}}}",
            ".profiles: `tl` and `fil` are one language",
        ),
    ],
)  # fmt: skip
def test_what_a_strategy_would_silently_leave_out_is_refused(strategy: str, told: str) -> None:
    assert refusal(ENGINES + f"default: {strategy}\n") == [f"p:5: default{told}"]


def test_a_strategy_as_it_is_shown_can_be_asked_for_again() -> None:
    shown = parse_policy(ENGINES + "default: {kind: samples}\n", "p").default
    assert type(shown).model_validate_json(shown.model_dump_json()) == shown


def test_a_prompt_is_replaced_for_a_language_by_whatever_name() -> None:
    text = ENGINES + "prompts: {solve_in: {ZH-hant: 用$pivot回答, iw: ענה ב$pivot}}\n"
    prompts = parse_policy(text, "p").prompts
    assert prompts.text("solve_in", "zh-Hant-TW", pivot="英文") == "用英文回答"
    assert prompts.text("solve_in", "he", pivot="אנגלית") == "ענה באנגלית"
    [told] = refusal(ENGINES + "prompts:\n  solve_in: {chinese: 用$pivot回答}\n")
    assert told == "p:6: prompts.solve_in.chinese: `chinese` is neither `default` nor a BCP-47 language tag"
