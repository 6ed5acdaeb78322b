import json
from contextlib import suppress
from pathlib import Path
from time import process_time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from routing.document import Problem
from routing.errors import ConfigError
from routing.yaml_reader import MAX_DEPTH, MAX_SIZE, read_document, read_file

# Control characters and line separators have to be escaped in YAML, but not in JSON.
TEXT = st.text(st.characters(exclude_categories=["Cc", "Cs", "Cn", "Zl", "Zp"]), max_size=20)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**17), 10**17) | st.floats(-1e9, 1e9) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)


def value(text: str | bytes) -> object:
    return read_document(text, "file").value


def refusal(text: str | bytes) -> str:
    with pytest.raises(ConfigError) as caught:
        read_document(text, "file")
    return caught.value.message


@pytest.mark.parametrize(
    "word", ["no", "yes", "on", "off", "y", "n", "No", "012x", "1:30", "2024-01-01", "=", "nb"]
)
def test_words_stay_words(word: str) -> None:
    assert value(f"- {word}") == [word]
    assert value(f"%YAML 1.1\n---\n- {word}") == [word]
    assert value(f"{word}: x") == {word: "x"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [("~", None), ("", None), ("true", True), ("FALSE", False), ("-12", -12), ("012", 12), ("1.5", 1.5), (".5e2", 50.0),
     ('"1"', "1"), ("'true'", "true"), ("1_000", "1_000"), ("0x1F", "0x1F"), (".inf", ".inf"), (".nan", ".nan"),
     ("!!str 5", "5"), ("9" * 40, "9" * 40), ("|\n  नमस्ते\n  שלום", "नमस्ते\nשלום")],
)  # fmt: skip
def test_scalars_follow_the_core_schema(text: str, expected: object) -> None:
    assert value(f"- {text}") == [expected]


@pytest.mark.parametrize("key", ["no", "1", "true", "null", "فارسی", "ไทย", "日本語"])
def test_every_key_is_text(key: str) -> None:
    assert value(f"{key}: 1") == {key: 1}


def test_values_remember_their_lines() -> None:
    document = read_document("a:\n  - x\n  - b: 1\n\n    c: 2\nd: {e: 1,\n  f: 2}\n", "file")
    assert document.lines == {
        ("a",): 1, ("a", 0): 2, ("a", 1): 3, ("a", 1, "b"): 3, ("a", 1, "c"): 5, ("d",): 6, ("d", "e"): 6, ("d", "f"): 7
    }  # fmt: skip
    assert (
        document.message(Problem(("a", 1, "c", "missing"), "is required"))
        == "file:5: a[1].c.missing: is required"
    )


def test_a_key_with_a_line_break_stays_in_one_line_of_a_message() -> None:
    document = read_document('"a\\nb": 1', "file")
    assert document.message(Problem(("a\nb",), "is odd")) == "file:1: 'a\\nb': is odd"
    joined = "می‌خواهم"
    assert document.message(Problem((joined,), "is odd")) == f"file:1: {joined}: is odd"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: 1\nb: [1\nc: 2", "file:3: not YAML: while parsing a flow sequence"),
        ("a: 1\n\tb: 2", "file:2: not YAML"),
        ("a: 1\nb: \x00", "file:2: not YAML"),
        ('a: "\\UFFFFFFFF"', "file:1: not YAML"),
        ('a: "\\ud800"', "file:1: half of a surrogate pair"),
        (b"a: 1\nb: \xff", "file:2: not UTF-8"),
        ("a: 1\n---\nb: 2", "file:1: holds 2 documents"),
        ("a: 1\nb: *x", "file:2: the alias *x has no anchor before it"),
        ("a: &x [*x]", "file:1: the alias *x has no anchor before it"),
        ("b: &b {c: 1}\na:\n  <<: *b", "file:3: merge keys (<<) are not read here"),
        ("a: 1\n? [b]\n: 2", "file:2: a key must be text"),
        ("a: !!python/object:os.system x", "file:1: a: the tag tag:yaml.org,2002:python/object:os.system is not read"),
        ("a: 1\nb: 2\na: 3\nc:\n  d: 1\n  d: 2", "file:3: a: given twice, first in line 1\nfile:6: c.d: given twice"),
    ],
)  # fmt: skip
def test_mistakes_are_told_with_their_line(text: str | bytes, said: str) -> None:
    assert refusal(text).startswith(said)


def test_a_tab_is_told_with_what_to_use_instead() -> None:
    said = refusal("engines:\n\tघर: 2")
    assert said.startswith("file:2: not YAML")
    assert said.endswith("; lines are indented with blanks, not with tabs")


def test_anchors_repeat_a_value() -> None:
    assert value("a: &wait {s: 5}\nb: *wait\n") == {"a": {"s": 5}, "b": {"s": 5}}


def test_a_billion_laughs_are_cut_short() -> None:
    laughs = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    laughs += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 10)]
    began = process_time()
    assert "more than 100000 values" in refusal("\n".join(laughs))
    assert process_time() - began < 5


@pytest.mark.parametrize("text", ["[" * 100_000, "- " * 100_000, "{a: " * 50_000])
def test_depth_is_bounded(text: str) -> None:
    began = process_time()
    assert f"nested deeper than {MAX_DEPTH} levels" in refusal(text)
    assert process_time() - began < 5


def test_size_is_bounded() -> None:
    assert "longer than" in refusal("a" * (MAX_SIZE + 1))


def test_a_file_with_a_byte_order_mark_and_windows_lines_is_read(tmp_path: Path) -> None:
    path = tmp_path / "política.yaml"
    path.write_bytes("\ufeffa: 1\r\nb: [ش]\r\n".encode())
    document = read_file(path)
    assert document.value == {"a": 1, "b": ["ش"]}
    assert document.source == str(path)


def test_a_file_that_is_not_there_is_a_mistake_in_the_configuration(tmp_path: Path) -> None:
    for path in (tmp_path / "none.yaml", tmp_path):
        with pytest.raises(ConfigError, match=str(path)):
            read_file(path)


@settings(deadline=None)
@given(PLAIN)
def test_json_is_read_as_the_yaml_that_it_is(plain: object) -> None:
    assert value(json.dumps(plain, ensure_ascii=False)) == plain
    assert value(json.dumps(plain, ensure_ascii=False, indent=2)) == plain


@settings(deadline=None)
@given(st.text() | st.binary())
@example("a: &x 1\nb: &x 2\nc: *x")
@example("!<tag:yaml.org,2002:str> a")
@example("\ud800")
def test_nothing_but_a_config_error_comes_out(text: str | bytes) -> None:
    with suppress(ConfigError):
        read_document(text, "file")


@settings(deadline=None)
@given(st.text(alphabet="[]{}-:,?&*!|>%@`'\"#\\ \n\tabno0.~<=", max_size=60))
def test_nothing_but_a_config_error_comes_out_of_what_looks_like_yaml(text: str) -> None:
    with suppress(ConfigError):
        read_document(text, "file")
