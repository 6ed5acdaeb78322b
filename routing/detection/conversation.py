"""The language of a conversation: what the request says, then its newest message, then what came before."""

from collections.abc import Iterator
from dataclasses import replace

from routing.detection.accept_language import preferred_languages
from routing.detection.scripts import is_written_in
from routing.detection.tags import canonical_tag, primary_language, usual_script
from routing.errors import InvalidRequest
from routing.language import UNDETERMINED, Conversation, Detection, Detector

_SURE = 0.9
_UNDECIDED = 0.75
_EARLIER_MESSAGES = 4  # each costs as much as the newest
# Assumed, not measured: how often a short message keeps to the language of the conversation.
_KEEPS_TO_IT = 0.9


def detect_conversation(detector: Detector, conversation: Conversation) -> Detection:
    """The language that the newest message of a conversation is in, or most likely so.

    An explicit language decides. A newest message that is not sure in itself (short, names, code alone) takes
    the language of the user's last messages before it, newest first, or of the system prompt, if it is undecided
    or leaves that language open. ``Accept-Language`` only chooses among languages that the message leaves open.
    Raises `InvalidRequest` for an explicit language that is no BCP-47 tag.
    """
    if conversation.language is not None:
        return _requested(conversation.language)
    latest = detector.detect(conversation.latest)
    if latest.confidence >= _SURE:
        return latest
    for earlier in _sure_context(detector, conversation):
        if _fits(latest, earlier):
            return _continued(latest, earlier)
    return _preferred(latest, conversation.accept_language or "")


def _requested(tag: str) -> Detection:
    try:
        return Detection(canonical_tag(tag), 1.0, source="request")
    except ValueError as error:
        raise InvalidRequest(str(error), param="dragoman.language") from error


def _sure_context(detector: Detector, conversation: Conversation) -> Iterator[Detection]:
    """The languages of the texts before the newest message that are sure, newest first."""
    for text in (*conversation.earlier[: -_EARLIER_MESSAGES - 1 : -1], conversation.system):
        detection = detector.detect(text)
        if detection.confidence >= _SURE:
            yield detection


def _fits(latest: Detection, earlier: Detection) -> bool:
    """Whether a message that is not sure in itself may be in an earlier message's language."""
    language = primary_language(earlier.language)
    if language in {primary_language(tag) for tag in (latest.language, *latest.alternatives)}:
        return True
    return latest.confidence < _UNDECIDED and _may_be_written_in(language, latest.language)


def _may_be_written_in(language: str, tag: str) -> bool:
    """Whether a language may stand behind a text of a tag's script; every language borrows Latin letters."""
    script = _script_of(tag)
    return script in (None, "Latn") or is_written_in(language, script)


def _script_of(tag: str) -> str | None:
    named = tag.partition("-")[2]
    return named or (None if tag == UNDETERMINED else usual_script(tag))


def _continued(latest: Detection, earlier: Detection) -> Detection:
    confidence = max(latest.confidence, _KEEPS_TO_IT * earlier.confidence)
    return replace(earlier, confidence=confidence, mixed=latest.mixed, source="conversation", alternatives=())


def _preferred(latest: Detection, accept_language: str) -> Detection:
    """The language of the header that the message leaves open; the evidence for it is the message's own."""
    possible = {primary_language(tag): tag for tag in (*reversed(latest.alternatives), latest.language)}
    for tag in preferred_languages(accept_language):
        language = possible.get(primary_language(tag))
        if language is not None and language != latest.language:
            return replace(latest, language=language, source="prior", alternatives=())
        if language is not None:
            return latest
    return latest
