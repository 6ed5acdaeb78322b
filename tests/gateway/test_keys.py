from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.keys import Key, Keys, generate_key, load_keys
from routing.errors import ConfigError, DragomanError, Overloaded, Unauthorized


def hashed(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()


def written(folder: Path, text: str) -> Path:
    path = folder / "keys.yaml"
    path.write_text(text, "utf-8")
    return path


def refusal(folder: Path, text: str) -> list[str]:
    path = written(folder, text)
    with pytest.raises(ConfigError) as caught:
        load_keys(path, "")
    return [line.removeprefix(f"{path}:") for line in caught.value.message.splitlines()]


def test_a_key_is_known_by_its_hash(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        f"""version: 1
keys:
- name: मोबाइल ऐप
  sha256: {hashed("first")}
  models: [m, n]
  priority: -5
  may_choose: true
  limits: {{requests_per_minute: 60, concurrent_requests: 4, max_tokens: 1000}}
- name: no
  sha256: {hashed("second")}
""",
    )
    keys = load_keys(path, "")
    first = keys.authenticate("Bearer first")
    assert (first.name, first.priority, first.may_choose) == ("मोबाइल ऐप", -5, True)
    assert first.limits.max_tokens == 1000
    assert [first.allows(model) for model in ("m", "n", "o")] == [True, True, False]
    second = keys.authenticate("bearer  second ")
    assert second.name == "no"
    assert second.allows("anything")


WRONG = [
    None,
    "",
    "first",
    "Bearer",
    "Bearer ",
    "Basic first",
    "Bearer First",
    "Bearer first x",
    "Bearer ключ",
]


@pytest.mark.parametrize("header", [*WRONG, "Bearer \ud800"])
def test_without_the_right_key_nobody_gets_in(header: str | None) -> None:
    keys = Keys((Key(name="a", sha256=hashed("first")),))
    with pytest.raises(Unauthorized):
        keys.authenticate(header)


@given(st.text())
def test_no_header_breaks_the_check(header: str) -> None:
    with pytest.raises(Unauthorized):
        Keys((Key(name="a", sha256=hashed("a secret that is not guessed")),)).authenticate(header)


def test_without_any_key_there_is_no_open_door() -> None:
    with pytest.raises(Unauthorized):
        load_keys(None, "").authenticate("Bearer x")


def test_the_hash_itself_is_no_key() -> None:
    keys = Keys((Key(name="a", sha256=hashed("first")),))
    with pytest.raises(Unauthorized):
        keys.authenticate(f"Bearer {hashed('first')}")


def test_the_key_from_the_environment_may_do_everything(tmp_path: Path) -> None:
    path = written(tmp_path, f"version: 1\nkeys: [{{name: a, sha256: {hashed('first')}}}]")
    keys = load_keys(path, "of the operator"[3:])
    operator = keys.authenticate("Bearer the operator")
    assert (operator.name, operator.may_choose) == ("environment", True)
    assert operator.allows("any model")
    assert keys.authenticate("Bearer first").name == "a"


@pytest.mark.parametrize("secret", ["ключ", " x", "x\n", "a\x00b"])
def test_an_environment_key_that_no_header_can_carry_is_refused(secret: str) -> None:
    with pytest.raises(ConfigError, match="DRAGOMAN_API_KEY") as caught:
        load_keys(None, secret)
    assert secret.strip() not in caught.value.message


def test_mistakes_in_a_keys_file_are_told_with_their_line(tmp_path: Path) -> None:
    good = hashed("x")
    entries = f"- {{name: a, sha256: {good}, model: m}}\n- {{name: b, sha256: sk-secret}}\n- name: c\n"
    assert refusal(tmp_path, f"version: 1\nkeys:\n{entries}") == [
        "3: keys[0].model: unknown key; did you mean `models`? (known: limits, may_choose, models, name, "
        "priority, sha256)",
        "4: keys[1].sha256: must match pattern '^[0-9a-f]{64}$'",
        "5: keys[2].sha256: is required",
    ]  # fmt: skip


def test_names_and_hashes_stand_once(tmp_path: Path) -> None:
    keys = [("a", "1"), ("b", "1"), ("a", "2"), ("environment", "3")]
    entries = "".join(f"- {{name: {name}, sha256: {hashed(secret)}}}\n" for name, secret in keys)
    assert refusal(tmp_path, f"version: 1\nkeys:\n{entries}") == [
        "4: keys[1].sha256: is that of another key",
        "5: keys[2].name: `a` is the name of another key",
        "6: keys[3].name: `environment` is the name of another key",
    ]


def test_a_generated_key_lets_in_and_is_not_in_its_entry() -> None:
    secret, entry = generate_key("分析チーム")
    assert len(secret) >= 43
    assert secret not in entry.model_dump_json()
    assert Keys((entry,)).authenticate(f"Bearer {secret}") == entry
    assert generate_key("分析チーム")[0] != secret


def test_a_request_counts_while_it_lasts_even_if_it_fails() -> None:
    secret, entry = generate_key("a")
    limited = entry.model_copy(update={"limits": entry.limits.model_copy(update={"concurrent_requests": 1})})
    keys = Keys((limited,))
    key = keys.authenticate(f"Bearer {secret}")
    with keys.use(key), pytest.raises(Overloaded), keys.use(key):
        pass
    with pytest.raises(DragomanError, match="broke"), keys.use(key):
        raise DragomanError("broke")
    with keys.use(key):
        pass
