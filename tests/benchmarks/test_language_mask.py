"""Which answers are stuck in a loop, as the benchmark of masks counts them."""

import pytest

from benchmarks.language_mask import loops


@pytest.mark.parametrize(
    ("text", "is_loop"),
    [
        ("आपका आपका आपका आपका आपका आपका", True),
        ("1.1.1.1.1.1.1.1.1.1.1.1.1", True),
        ("的" * 24, True),
        ("東京は日本の首都です。\n" * 4, True),
        ("的" * 23, False),
        ("是的,是的,是的,是的,我知道。", False),
        ("القاهرة هي عاصمة مصر، وهي مدينة كبيرة جدا.", False),
        ("จังหวัดเชียงใหม่อยู่ทางเหนือของประเทศไทย " * 3, False),
        ("", False),
    ],
)
def test_a_loop_is_the_same_few_characters_four_times_and_for_long(text: str, is_loop: bool) -> None:
    assert loops(text) == is_loop
