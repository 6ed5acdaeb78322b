from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from gateway.calibration.outcome import Outcome, results_document, write_outcome
from gateway.calibration.request import CalibrationRequest
from gateway.calibration.run import run_calibration
from routing.errors import ConfigError
from routing.steering.model_match import check_match
from routing.steering.profile_file import read_profiles
from routing.steering.touched import touched_experts
from tests.gateway.calibration.conftest import MakeRequest, write_lines
from tests.gateway.calibration.scripted_reader import EXPERTS, LAYERS, MODEL, WORDS, Heard, ScriptedReader

BATCHES = 2 * len(WORDS) + 2
TEXTS = 70 * len(WORDS) + 66


def run(request: CalibrationRequest, reader: ScriptedReader) -> Outcome:
    return run_calibration(request, lambda: reader, Heard())


def test_the_model_made_up_is_found_out(make_request: MakeRequest) -> None:
    found = run(make_request(), ScriptedReader())
    assert found.calibration.layers == (2, LAYERS - 1)
    assert found.calibration.candidates == ("sw",)
    soft, hard = found.profiles
    assert (soft.name, hard.name) == ("maths-soft", "maths-hard")
    expected = {(layer, 3) for layer in range(2, LAYERS)}
    for profile, weight in ((soft, 0.5), (hard, 1.0)):
        assert {(one.layer, one.expert): one.weight for one in touched_experts(profile)} == dict.fromkeys(
            expected, weight
        )
        check_match(profile, MODEL)


def test_a_profile_says_where_it_comes_from(make_request: MakeRequest) -> None:
    soft, hard = run(make_request(threshold=0.4), ScriptedReader()).profiles
    origin = soft.origin
    assert (origin.model, origin.task, origin.threshold, origin.unit) == ("moe", "maths", 0.4, 0.5)
    assert (origin.languages, origin.layers) == (("sw",), (2, LAYERS - 1))
    told = {(source.name, source.language): source.sequences for source in origin.sources}
    assert told == {("parallel.jsonl", tag): 70 for tag in WORDS} | {("task.jsonl", "en"): 66} | {
        ("parallel.jsonl", "en"): 70
    }
    assert all(source.tokens == 12 * source.sequences for source in origin.sources)
    assert hard.origin == origin.model_copy(update={"unit": None})


@pytest.mark.parametrize(
    ("model", "name", "expected"),
    [("/models/moe/", None, "moe"), ("moe", None, "moe"), ("/models/moe", "maker/moe", "maker/moe")],
)
def test_a_profile_tells_no_path(make_request: MakeRequest, model: str, name: str, expected: str) -> None:
    found = run(make_request(model=model, model_name=name), ScriptedReader())
    assert found.origin.model == expected


def test_a_model_that_vllm_knows_by_name_is_called_that(make_request: MakeRequest) -> None:
    named = replace(MODEL, model="maker/moe", revision="abc")
    origin = run(make_request(), ScriptedReader(model=named)).origin
    assert (origin.model, origin.model_revision) == ("maker/moe", "abc")


def test_a_run_that_was_broken_off_goes_on_where_it_was(make_request: MakeRequest) -> None:
    whole = run(make_request(output=make_request().output / "whole"), ScriptedReader())
    broken = ScriptedReader(fails_after=5)
    with pytest.raises(RuntimeError, match="out of memory"):
        run(make_request(), broken)
    assert broken.is_closed
    # As a kill in the middle of a write leaves it.
    (make_request().output / "routing" / "hi" / "0001.npz.tmp").write_bytes(b"half")
    rest, heard = ScriptedReader(), Heard()
    found = run_calibration(make_request(), lambda: rest, heard)
    assert len(rest.batches) == BATCHES - 5
    assert not [batch for batch in rest.batches if batch in broken.batches]
    assert heard.total == heard.done == TEXTS
    assert results_document(found) == results_document(whole)


def test_other_settings_start_no_engine(make_request: MakeRequest) -> None:
    run(make_request(), ScriptedReader())

    def no_engine() -> ScriptedReader:
        raise AssertionError("an engine was started")

    changed = make_request(threshold=0.6, unit=1.0, layers=(3, 3), name="other")
    found = run_calibration(changed, no_engine, Heard())
    assert [(one.layer, one.expert, one.weight) for one in touched_experts(found.profiles[0])] == [
        (3, 3, 1.0)
    ]


@pytest.mark.parametrize(
    ("changes", "named"),
    [({"seed": 1}, "seed"), ({"model": "b"}, "model"), ({"max_tokens": 9}, "max_tokens")],
)
def test_a_folder_of_another_reading_is_refused(
    make_request: MakeRequest, changes: dict[str, object], named: str
) -> None:
    run(make_request(), ScriptedReader())
    with pytest.raises(ConfigError, match=f"differs in {named}"):
        run(make_request(**changes), ScriptedReader())


def test_changed_text_and_a_changed_model_are_noticed(make_request: MakeRequest) -> None:
    request = make_request()
    with pytest.raises(RuntimeError):
        run(request, ScriptedReader(fails_after=1))
    other = ScriptedReader(model=replace(MODEL, config_hash="d" * 64))
    with pytest.raises(ConfigError, match="another model"):
        run(request, other)
    assert other.is_closed
    write_lines(request.task, [{"text": "other"}])
    with pytest.raises(ConfigError, match="differs in task"):
        run(request, ScriptedReader())


def test_an_engine_that_does_not_start_leaves_no_trace(make_request: MakeRequest) -> None:
    def refuse() -> ScriptedReader:
        raise ConfigError("vLLM does not start")

    with pytest.raises(ConfigError, match="does not start"):
        run_calibration(make_request(), refuse, Heard())
    assert not make_request().output.exists()


def test_layers_without_a_router_are_refused(make_request: MakeRequest) -> None:
    with pytest.raises(ConfigError, match="no layer from 40 to 50 has a router"):
        run(make_request(layers=(40, 50)), ScriptedReader())


def written(folder: Path) -> dict[str, bytes]:
    paths = [path for path in folder.rglob("*") if path.is_file() and path.suffix != ".npz"]
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


def test_what_is_written_can_be_read_and_is_the_same_each_time(
    make_request: MakeRequest, tmp_path: Path
) -> None:
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        write_outcome(run(make_request(output=folder), ScriptedReader()), folder)
    once, again = map(written, folders)
    assert once == again
    assert [profile.name for profile in read_profiles(folders[0] / "profiles")] == [
        "maths-hard",
        "maths-soft",
    ]
    page = once["report.html"].decode()
    assert page.count("data:image/png;base64,") == 2
    assert 'src="http' not in page
    for text in ("<td>zh-Hans</td>", "<td>sw</td><td>candidate</td>", "maths-soft@", "2 to 5"):
        assert text in page


def test_what_was_reported_for_a_model_of_this_shape_stands_in_the_report(
    make_request: MakeRequest, tmp_path: Path
) -> None:
    found = run(make_request(), ScriptedReader())
    write_outcome(found, tmp_path)
    assert "second hand" not in (tmp_path / "report.html").read_text("utf-8")
    of_gpt_oss = replace(found.model, depth=24, experts=32, experts_per_token=4)
    write_outcome(replace(found, model=of_gpt_oss), tmp_path)
    page = (tmp_path / "report.html").read_text("utf-8")
    assert "<td>GPT-OSS-20B</td><td>MGSM</td><td>4 to 19</td><td>0.3</td><td>hard</td><td>–</td>" in page


def test_profiles_of_an_earlier_threshold_do_not_stay(make_request: MakeRequest) -> None:
    request = make_request()
    write_outcome(run(request, ScriptedReader()), request.output)
    nothing = run(make_request(threshold=0.99), ScriptedReader())
    write_outcome(nothing, request.output)
    assert nothing.profiles == ()
    assert read_profiles(request.output / "profiles") == ()
    page = (request.output / "report.html").read_text("utf-8")
    assert "none: there is nothing to steer" in page


def test_a_models_name_cannot_break_the_page(make_request: MakeRequest, tmp_path: Path) -> None:
    found = run(make_request(model_name="<script>alert('م')</script>"), ScriptedReader())
    write_outcome(found, make_request().output)
    page = (make_request().output / "report.html").read_text("utf-8")
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_the_numbers_for_scripts_are_those_of_the_calibration(make_request: MakeRequest) -> None:
    found = run(make_request(), ScriptedReader())
    document = results_document(found)
    assert [one["language"] for one in document["languages"]] == ["ar", "hi", "sw", "zh-Hans"]
    swahili = document["languages"][2]
    assert swahili["verdict"] == "candidate"
    assert swahili["excess"][1] > 0
    assert np.array(swahili["divergence"]).shape == (LAYERS,)
    assert {(one["layer"], one["expert"]) for one in document["task_experts"]} == {
        (n, 3) for n in range(2, LAYERS)
    }
    assert found.calibration.difference.shape == (LAYERS, EXPERTS)
