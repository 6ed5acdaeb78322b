import pytest

from routing.detection.conversation import detect_conversation
from routing.errors import InvalidRequest
from routing.language import Conversation, Detection, Detector

SPANISH = "¿Podrías explicarme cómo funciona esto, por favor?"
JAPANESE = "これはどのように動くのか説明してください。"
RUSSIAN = "Объясни мне, пожалуйста, как это работает."
CODE = "for (int i = 0; i < n; i++) {\n  total += i;\n}"


class Counting:
    """A detector that notes what it is asked."""

    def __init__(self, detector: Detector) -> None:
        self._detector = detector
        self.asked: list[str] = []

    def detect(self, text: str) -> Detection:
        self.asked.append(text)
        return self._detector.detect(text)


def test_an_explicit_language_decides(detector: Detector) -> None:
    conversation = Conversation(SPANISH, earlier=(JAPANESE,), language="PT_br", accept_language="ru")
    assert detect_conversation(detector, conversation) == Detection("pt-BR", 1.0, source="request")


@pytest.mark.parametrize("tag", ["", "Spanish!", "xx", "english", "\ud800"])
def test_an_explicit_language_that_is_no_tag_is_refused(detector: Detector, tag: str) -> None:
    with pytest.raises(InvalidRequest) as raised:
        detect_conversation(detector, Conversation(SPANISH, language=tag))
    assert raised.value.param == "dragoman.language"


def test_a_sure_message_stands_alone(detector: Detector) -> None:
    counting = Counting(detector)
    conversation = Conversation(SPANISH, earlier=(JAPANESE,), system=RUSSIAN, accept_language="de")
    assert detect_conversation(counting, conversation).language == "es"
    assert counting.asked == [SPANISH]


@pytest.mark.parametrize("latest", ["ok", "2+2?", "", "😀", CODE, "Brexit", "no"])
@pytest.mark.parametrize(("earlier", "language"), [(SPANISH, "es"), (JAPANESE, "ja"), (RUSSIAN, "ru")])
def test_a_message_that_says_nothing_keeps_the_language(
    detector: Detector, latest: str, earlier: str, language: str
) -> None:
    detection = detect_conversation(detector, Conversation(latest, earlier=(earlier,)))
    assert (detection.language, detection.source) == (language, "conversation")
    assert detection.confidence < 1


def test_the_newest_sure_message_counts(detector: Detector) -> None:
    conversation = Conversation("ok", earlier=(JAPANESE, SPANISH, CODE), system=RUSSIAN)
    assert detect_conversation(detector, conversation).language == "es"


def test_the_system_prompt_counts_last(detector: Detector) -> None:
    assert detect_conversation(detector, Conversation("ok", system=RUSSIAN)).language == "ru"


def test_a_message_in_a_script_is_not_taken_for_a_language_of_another(detector: Detector) -> None:
    assert detect_conversation(detector, Conversation("ладно", earlier=(SPANISH,))).language != "es"


def test_a_long_conversation_costs_a_few_messages_only(detector: Detector) -> None:
    counting = Counting(detector)
    detect_conversation(counting, Conversation("ok", earlier=("42",) * 1000))
    assert len(counting.asked) <= 6


def test_accept_language_chooses_among_what_is_left_open(detector: Detector) -> None:
    alone = detect_conversation(detector, Conversation("apa kabar semua"))
    other = {"id": "ms", "ms": "id"}[alone.language]
    chosen = detect_conversation(
        detector, Conversation("apa kabar semua", accept_language=f"{other}, en;q=0.5")
    )
    assert (chosen.language, chosen.source) == (other, "prior")
    assert chosen.confidence == alone.confidence


@pytest.mark.parametrize("latest", ["", "42", CODE, "😀"])
def test_accept_language_is_no_answer_by_itself(detector: Detector, latest: str) -> None:
    assert detect_conversation(detector, Conversation(latest, accept_language="en-US,en")).language == "und"


def test_accept_language_does_not_outweigh_a_sure_message(detector: Detector) -> None:
    assert detect_conversation(detector, Conversation(SPANISH, accept_language="ca")).language == "es"


def test_a_malformed_header_is_no_error(detector: Detector) -> None:
    conversation = Conversation("apa kabar semua", accept_language=";;q=x,\ud800,*")
    assert detect_conversation(detector, conversation).language in ("id", "ms")
