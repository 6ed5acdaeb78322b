"""Which judge of languages is asked, and what a rate says."""

import csv
import gzip
import json
from pathlib import Path

import pytest

from benchmarks.language_confusion import PassRates, Rate
from benchmarks.language_judges import fit_judge, people_wrote

TEXTS = [f"今天天气很好，我们第{number}次去公园散步。" for number in range(200)]


class _Judge(PassRates):
    """Takes a text for Chinese unless it holds one of these numbers."""

    def __init__(self, *fails: int) -> None:
        self._fails = [f"第{number}次" for number in fails]

    def passes_lines(self, text: str, language: str) -> bool:
        return language == "zh" and not any(each in text for each in self._fails)


def test_the_benchmarks_own_judge_is_asked_where_people_pass_it() -> None:
    assert fit_judge({"lid.176": _Judge(7), "other": _Judge()}, "zh", TEXTS) == "lid.176"


def test_another_judge_is_asked_where_the_benchmarks_own_fails_what_people_wrote() -> None:
    judges = {"lid.176": _Judge(7, 8), "worse": _Judge(1, 2, 3), "better": _Judge(1), "as good": _Judge(2)}
    assert fit_judge(judges, "zh", TEXTS) == "better"


def test_a_judge_that_is_worse_still_is_not_asked() -> None:
    assert fit_judge({"lid.176": _Judge(7, 8), "worse": _Judge(1, 2, 3)}, "zh", TEXTS) == "lid.176"


@pytest.mark.parametrize(
    ("part", "whole", "low", "high"),
    # Of none of n the upper end is z² / (n + z²): 3.84 of 13.84 for ten.
    [(0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (5, 10, 0.2366, 0.7634), (90, 91, 0.9403, 0.9981)],
)
def test_a_rate_says_how_sure_it_is(part: int, whole: int, low: float, high: float) -> None:
    assert Rate(part, whole).interval == pytest.approx((low, high), abs=5e-4)


def test_nothing_to_count_is_no_share() -> None:
    assert Rate(0, 0).share == 0.0


def test_what_people_wrote_is_of_one_language_in_its_own_script(tmp_path: Path) -> None:
    _write(tmp_path)
    assert people_wrote(tmp_path, "ar") == ["خبر واحد", "جملة من الموسوعة", "ما السؤال؟"]
    assert people_wrote(tmp_path, "zh") == ["简体新闻", "繁體新聞", "中文句子", "三加四等于几?"]


def _write(data: Path) -> None:
    for folder in ("ntrex", "sib200", "xquad", "mgsm"):
        (data / folder).mkdir()
    for name, line in (
        ("arb", "خبر واحد"),
        ("zho-CN", "简体新闻"),
        ("zho-TW", "繁體新聞"),
        ("jpn", "ニュース"),
    ):
        (data / "ntrex" / f"{name}.txt").write_text(f"{line}\n", "utf-8")
    with gzip.open(data / "sib200" / "test.tsv.gz", "wt", encoding="utf-8", newline="") as file:
        table = csv.writer(file, delimiter="\t")
        table.writerow(["lang", "text"])
        table.writerows([["arb_Arab", "جملة من الموسوعة"], ["arb_Latn", "jumla"], ["zho_Hans", "中文句子"]])
    with gzip.open(data / "xquad" / "xquad.ar.jsonl.gz", "wt", encoding="utf-8") as file:
        file.write(json.dumps({"question": "ما السؤال؟"}) + "\n")
    (data / "mgsm" / "mgsm_zh.tsv").write_text("三加四等于几?\t7\n", "utf-8")
