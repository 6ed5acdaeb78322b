import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gateway.commands.check_config import check_config

POLICY = """version: 1
engines:
  near:
    {kind: http, urls: ["http://user:pass@near/v1"], models: ["m[red]"], fallback: far, fallback_model: s}
  far: {kind: local, model: embedded, served_name: s}
groups:
  भारतीय: [hi, ta]
rules:
  - name: दक्षिण
    when: {language: [भारतीय, ur], confidence: {min: 0.5, max: 1}, tools: false}
    strategy: {kind: route, model: s}
  - name: فارسی‌ها
    when: {language: fa}
    strategy: {kind: route, engine: near}
  - name: தமிழ்
    when: {language: ta-Taml, confidence: {min: 0.8, max: 0.9}, tools: false}
    strategy: {kind: direct}
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "policy.yaml"
    file.write_text(POLICY, "utf-8")
    return file


def run(*arguments: str) -> Result:
    # Wide, so that no cell is folded.
    return CliRunner(env={"COLUMNS": "220"}).invoke(check_config, arguments)


def line_with(result: Result, text: str) -> str:
    return next(line for line in result.stdout.splitlines() if text in line)


def test_a_good_policy_is_shown_in_the_order_in_which_rules_are_tried(path: Path) -> None:
    result = run(str(path))
    assert result.exit_code == 0
    names = ("दक्षिण", "فارسی‌ها", "தமிழ்", "undetermined ", "default ")
    places = [result.stdout.index(f" {name}") for name in names]
    assert places == sorted(places)
    assert "language भारतीय, ur; confidence min 0.5 max 1; tools false" in line_with(result, "दक्षिण")
    assert "route model=s" in line_with(result, "दक्षिण")
    assert "m[red]" in line_with(result, "near")
    assert "hi, ta" in line_with(result, "भारतीय ")


def test_strategies_and_contracts_are_shown_as_the_file_says_them(path: Path) -> None:
    path.write_text(
        """version: 1
engines: {far: {kind: local, model: embedded, served_name: s}}
rules:
  - name: ภาษาไทย
    when: {language: th}
    strategy: {kind: attempt, inner: {kind: samples, n: 3, selector: {kind: vote}}, otherwise: [{kind: direct}]}
    contract: {level: mask, latin: false}
  - name: العربية
    when: {language: ar}
    strategy: {kind: steer, profiles: {ar: {profile: "p@0123456789abcdef", strength: 0.5}}}
    contract: {level: "off"}
default: {kind: direct, demonstrations: 2}
contract: {level: retry, retries: 2}
""",
        "utf-8",
    )
    shown = run(str(path))
    thai = "attempt inner=(samples n=3 selector=(vote)) otherwise=[(direct)]"
    assert thai in line_with(shown, "ภาษาไทย")
    assert "steer profiles=(ar=(profile=p@0123456789abcdef strength=0.5))" in line_with(shown, "العربية")
    assert " direct  " in line_with(shown, "undetermined ")
    assert "direct demonstrations=2 " in line_with(shown, "default ")
    contracts = [
        line.rstrip("│ ").rpartition("│ ")[2] for line in shown.stdout.splitlines() if "│ contract " in line
    ]
    assert contracts == ["contract mask latin=false", "contract off"]
    assert "Contract, where a rule has none of its own: retry retries=2" in shown.stdout


def test_a_rule_in_vain_is_warned_of_and_is_no_failure(path: Path) -> None:
    result = run(str(path))
    assert f"warning: {path}:15: rules[2]: can never match: `दक्षिण`" in result.stdout


@pytest.mark.parametrize("arguments", [(), ("--json",)])
def test_no_credentials_are_shown(path: Path, arguments: tuple[str, ...]) -> None:
    assert "pass" not in run(str(path), *arguments).output


def test_json_holds_the_whole_policy(path: Path) -> None:
    result = run(str(path), "--json")
    shown = json.loads(result.stdout)
    assert shown["ok"] is True
    assert [rule["name"] for rule in shown["policy"]["rules"]] == ["दक्षिण", "فارسی‌ها", "தமிழ்"]
    assert len(shown["policy"]["warnings"]) == 1


def test_everything_wrong_is_printed_and_the_command_fails(path: Path) -> None:
    path.write_text(POLICY.replace("min: 0.5", "min: x").replace("fa}", "fa, tols: true}"), "utf-8")
    result = run(str(path))
    assert result.exit_code == 1
    assert result.stdout == ""
    first, second = result.stderr.splitlines()
    assert first == f"{path}:10: rules[0].when.confidence.min: must be a number"
    assert second.startswith(f"{path}:13: rules[1].when.tols: unknown key; did you mean `tools`?")
    as_json = run(str(path), "--json")
    assert as_json.exit_code == 1
    assert json.loads(as_json.stdout) == {"ok": False, "errors": [first, second]}


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    result = run(str(tmp_path / "none.yaml"))
    assert result.exit_code == 1
    assert "No such file" in result.stderr
