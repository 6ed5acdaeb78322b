"""The real detector, loaded once."""

import pytest

from routing.detection.detector import load_detector
from routing.language import Detector


@pytest.fixture(scope="session")
def detector() -> Detector:
    return load_detector()
