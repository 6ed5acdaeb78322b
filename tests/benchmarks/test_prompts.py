import json
import unicodedata

from benchmarks.prompts import NUMBER, chat_requests, read_prompts


def test_the_prompts_are_in_many_languages_and_scripts() -> None:
    prompts = read_prompts()
    scripts = {unicodedata.name(next(filter(str.isalpha, prompt.text))).split()[0] for prompt in prompts}
    assert len({prompt.language for prompt in prompts}) == len(prompts) >= 25
    assert scripts >= {"LATIN", "CYRILLIC", "ARABIC", "HEBREW", "DEVANAGARI", "THAI", "CJK", "HANGUL"}


def test_a_request_has_one_place_for_a_number_and_is_json_with_it() -> None:
    for prompt, request in zip(read_prompts(), chat_requests("m", 5, stream=True), strict=True):
        assert request.count(NUMBER) == 1
        body = json.loads(request.replace(NUMBER, "7"))
        assert body["messages"][0]["content"] == f"{prompt.text} (7)"
        assert (body["model"], body["max_tokens"], body["stream"]) == ("m", 5, True)
