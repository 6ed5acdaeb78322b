"""What requests may ask of the language mask."""

from typing import Any

import pytest
from vllm import SamplingParams

from gateway.vllm.language_mask import LanguageMask
from gateway.vllm.mask_request import Wanted, wanted_mask


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        (None, None),
        ({"other": 1}, None),
        ({"dragoman_mask": "ko"}, Wanted("ko", latin=True)),
        ({"dragoman_mask": "zh-Hant-TW", "dragoman_mask_latin": 0}, Wanted("zh-Hant-TW", latin=False)),
        ({"dragoman_mask": "ar", "dragoman_mask_mode": "gate"}, Wanted("ar", latin=True, mode="gate")),
    ],
)
def test_a_request_asks_by_its_extra_arguments(arguments: Any, wanted: Wanted | None) -> None:
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
        LanguageMask.validate_params(SamplingParams(extra_args=arguments))
