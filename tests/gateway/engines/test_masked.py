"""A mask goes to engines that say they can, and is left out for others."""

from dataclasses import replace

import pytest

from gateway.engines.masked import masked
from gateway.vllm.mask_request import Wanted, wanted_mask
from routing.engine_settings import HttpEngineSettings, LocalEngineSettings
from routing.generation import Generation, Mask

PLAIN = Generation("chat/completions", {"model": "m", "messages": [], "vllm_xargs": {"other": 1}})
ABLE = HttpEngineSettings(urls=("http://e/v1",), masks=True)
UNABLE = HttpEngineSettings(urls=("http://e/v1",))
LOCAL = LocalEngineSettings(model="m", served_name="m")


@pytest.mark.parametrize("settings", [ABLE, LOCAL])
def test_an_engine_that_can_gets_the_mask_in_the_words_that_it_reads(settings: HttpEngineSettings) -> None:
    sent = masked(replace(PLAIN, mask=Mask("ko", latin=False)), settings)
    assert sent.body["vllm_xargs"]["other"] == 1
    assert wanted_mask(sent.body["vllm_xargs"]) == Wanted("ko", latin=False)


def test_other_engines_and_unmasked_generations_are_left_alone() -> None:
    generation = replace(PLAIN, mask=Mask("ko"))
    assert masked(generation, UNABLE) is generation
    assert masked(PLAIN, ABLE) is PLAIN
