import pytest

from routing.detection.east_asian import HanTable
from routing.detection.scripts import ScriptTable

TABLE = HanTable()
SCRIPTS = ScriptTable()


@pytest.mark.parametrize(
    ("text", "tag", "is_certain"),
    [
        ("这个问题很难回答", "zh-Hans", True),
        ("這個問題很難回答", "zh-Hant", True),
        ("これは漢字です", "ja", True),
        ("コーヒー", "ja", True),
        ("気象庁発表", "ja", True),
        ("東京大学", "ja", True),
        ("佢哋喺邊度食飯", "yue", True),
        ("中文", "zh", False),
        ("你好", "zh", True),
        ("日の丸的中国餐馆说他们这个是什么时候开门的呢", "zh-Hans", True),
    ],
)
def test_han_characters_are_told_apart(text: str, tag: str, is_certain: bool) -> None:
    assert TABLE.language(text, SCRIPTS.count(text)) == (tag, is_certain)
