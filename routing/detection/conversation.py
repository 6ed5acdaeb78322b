"""The language of a conversation: what the request says, then its newest message, then what came before."""

from routing.detection.accept_language import preferred_languages
from routing.detection.tags import canonical_tag, primary_language
from routing.errors import InvalidRequest
from routing.language import NO_LANGUAGE, Conversation, Detection, Detector

_SURE = 0.8
_LEAST_EARLIER = 0.5


def detect_conversation(detector: Detector, conversation: Conversation) -> Detection:
    """The language that the newest message of a conversation is in, or most likely so.

    An explicit language decides. A newest message that is not decided in itself (empty, short, code alone)
    takes the language of the user's messages before it, newest first, then of the system prompt.
    ``Accept-Language`` only chooses where all of these leave the language open. Raises `InvalidRequest` for an
    explicit language that is no BCP-47 tag.
    """
    if conversation.language is not None:
        return _requested(conversation.language)
    latest = detector.detect(conversation.latest)
    if latest.confidence >= _SURE:
        return latest
    return _from_context(detector, conversation, latest) or _from_prior(conversation, latest)


def _requested(tag: str) -> Detection:
    try:
        return Detection(canonical_tag(tag), 1.0, source="request")
    except ValueError as error:
        raise InvalidRequest(str(error), param="dragoman.language") from error


def _from_context(detector: Detector, conversation: Conversation, latest: Detection) -> Detection | None:
    """The language of an earlier text that the newest message does not speak against."""
    for text in (*reversed(conversation.earlier), conversation.system):
        earlier = detector.detect(text)
        if earlier.confidence >= _SURE and latest.confidence < _LEAST_EARLIER:
            return Detection(earlier.language, earlier.confidence * _SURE, source="conversation")
    return None


def _from_prior(conversation: Conversation, latest: Detection) -> Detection:
    if latest.confidence > 0.0 or conversation.accept_language is None:
        return latest
    for tag in preferred_languages(conversation.accept_language):
        if primary_language(tag) == primary_language(latest.language):
            return Detection(tag, latest.confidence, source="prior")
    return latest if latest.confidence else NO_LANGUAGE
