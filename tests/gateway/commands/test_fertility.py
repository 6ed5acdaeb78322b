import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from tokenizers import Tokenizer, models, pre_tokenizers

from gateway.commands.fertility import fertility
from gateway.keys import generate_key, load_keys

SENTENCES = [
    {"en": "The rain has stopped.", "my": "မိုးတိတ်သွားပြီ။", "no": "Regnet har stanset.", "ar": "توقّف المطر."},
    {"en": "She reads.", "my": "သူမ စာဖတ်တယ်။", "zh-Hant": "她在讀書。"},
]


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """The folder of a model whose tokenizer knows no word, and cuts everything into bytes."""
    alphabet = {letter: number for number, letter in enumerate(pre_tokenizers.ByteLevel.alphabet())}
    tokenizer = Tokenizer(models.BPE(vocab=alphabet, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    folder = tmp_path / "model"
    folder.mkdir()
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder


def run(model: Path, lines: list[str]) -> tuple[int, str]:
    data = model.parent / "sentences.jsonl"
    data.write_text("\n".join(lines), "utf-8")
    result = CliRunner().invoke(fertility, ["--tokenizer", str(model), "--data", str(data)])
    return result.exit_code, result.output


def test_the_table_can_be_pasted_into_a_keys_file(model: Path) -> None:
    code, table = run(model, [json.dumps(sentence, ensure_ascii=False) for sentence in SENTENCES])
    assert code == 0
    path = model.parent / "keys.yaml"
    path.write_text(f"version: 1\n{table}keys:\n- {generate_key('web')[1].model_dump_json()}\n", "utf-8")
    measured = load_keys(path, "").fertility
    english, burmese = (sum(len(sentence[tag].encode()) for sentence in SENTENCES) for tag in ("en", "my"))
    assert measured["my"] == round(burmese / english, 2)
    assert set(measured) == {"ar", "en", "my", "nb", "zh-Hant"}  # canonical


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ('{"en": "Yes."', "is no JSON"),
        ('["ndiyo"]', "must be an object of texts"),
        ('{"en": 1}', "must be an object of texts"),
        ('{"sw": "Ndiyo."}', "lacks the sentence in English"),
        ('{"en": " ", "sw": "Ndiyo."}', "lacks the sentence in English"),
    ],
)
def test_a_wrong_line_is_told_with_its_number(model: Path, line: str, wrong: str) -> None:
    code, said = run(model, ['{"en": "Yes.", "sw": "Ndiyo."}', line])
    assert code == 1
    assert "sentences.jsonl:2: " in said
    assert wrong in said


def test_what_is_no_tokenizer_or_holds_nothing_is_told(model: Path) -> None:
    assert "holds no sentences" in run(model, [" "])[1]
    (model / "tokenizer.json").write_text("{}", "utf-8")
    code, said = run(model, ['{"en": "Yes."}'])
    assert code == 1
    assert "tokenizer.json: " in said
