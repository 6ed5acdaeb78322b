"""The real detector, loaded once for all tests of the contract."""

import pytest

from routing.detection.detector import load_detector
from routing.language import Detector


@pytest.fixture(scope="session")
def detector() -> Detector:
    return load_detector()
