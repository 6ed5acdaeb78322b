"""What requests may ask of the language mask."""

from typing import Any

import pytest

from routing.generation import Mask
from routing.mask_request import wanted_mask


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        (None, None),
        ({"other": 1}, None),
        ({"dragoman_mask": "ko"}, Mask("ko", latin=True)),
        ({"dragoman_mask": "zh-Hant-TW", "dragoman_mask_latin": 0}, Mask("zh-Hant-TW", latin=False)),
        ({"dragoman_mask": "ar", "dragoman_mask_mode": "gate"}, Mask("ar", latin=True, mode="gate")),
    ],
)
def test_a_request_asks_by_its_extra_arguments(arguments: Any, wanted: Mask | None) -> None:
    assert wanted_mask(arguments) == wanted


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"dragoman_mask": 7}, "must be a language tag"),
        ({"dragoman_mask": "no such"}, "not a BCP-47"),
        ({"dragoman_mask": "sw"}, "no script of its own"),
        ({"dragoman_mask": "und"}, "no script of its own"),
        ({"dragoman_mask": "ko", "dragoman_mask_latin": "yes"}, "0 or 1"),
        ({"dragoman_mask": "ko", "dragoman_mask_mode": "soft"}, "one of hard, gate, bias"),
    ],
)
def test_what_cannot_be_done_is_refused_before_any_work(arguments: Any, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        wanted_mask(arguments)
