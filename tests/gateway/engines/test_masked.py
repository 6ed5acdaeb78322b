"""A mask goes to engines that say they can, and is left out for others."""

from dataclasses import replace

import pytest

from gateway.engines.masked import masked
from routing.engine_settings import HttpEngineSettings, LocalEngineSettings
from routing.generation import Generation, Mask
from routing.mask_request import wanted_mask

PLAIN = Generation("chat/completions", {"model": "m", "messages": [], "vllm_xargs": {"other": 1}})
ABLE = HttpEngineSettings(urls=("http://e/v1",), masks=True)
UNABLE = HttpEngineSettings(urls=("http://e/v1",))
LOCAL = LocalEngineSettings(model="m", served_name="m")


@pytest.mark.parametrize("settings", [ABLE, LOCAL])
@pytest.mark.parametrize("mask", [Mask("ko", latin=False), Mask("zh-Hant", mode="gate")])
def test_an_engine_that_can_gets_the_mask_in_the_words_that_it_reads(
    settings: HttpEngineSettings, mask: Mask
) -> None:
    sent = masked(replace(PLAIN, mask=mask), settings)
    assert sent.body["vllm_xargs"]["other"] == 1
    assert wanted_mask(sent.body["vllm_xargs"]) == mask


def test_other_engines_and_unmasked_generations_are_left_alone() -> None:
    generation = replace(PLAIN, mask=Mask("ko"))
    assert masked(generation, UNABLE) is generation
    assert masked(PLAIN, ABLE) is PLAIN
