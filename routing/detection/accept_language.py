"""The Accept-Language header, as a list of languages."""

from routing.detection.tags import canonical_tag

_LONGEST = 1000


def preferred_languages(header: str) -> list[str]:
    """The canonical tags of a header, most wanted first; what is no tag, ``*`` or refused (q=0) is left out.

    Never raises: a header is a hint of the client's machine, and often malformed. Only its first 1,000
    characters are read.
    """
    wanted = []
    for entry in header[:_LONGEST].split(","):
        tag, _, parameters = entry.partition(";")
        quality = _quality(parameters)
        try:
            if quality > 0:
                wanted.append((quality, canonical_tag(tag.strip())))
        except ValueError:
            continue
    return [tag for _, tag in sorted(wanted, key=lambda pair: -pair[0])]


def _quality(parameters: str) -> float:
    name, _, value = parameters.partition("=")
    if name.strip().lower() != "q":
        return 1.0
    try:
        quality = float(value)
    except ValueError:
        return 0.0
    return quality if 0 <= quality <= 1 else 0.0
