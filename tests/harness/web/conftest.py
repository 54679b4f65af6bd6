"""The registration tests' lab, for the tests of what stands on it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.harness.registration.conftest import Lab, lab, make_lab, pool
from tests.harness.web.portal_lab import PortalLab
from tests.harness.web.portal_lab import standing as portal_standing

__all__ = ["lab", "make_lab", "pool", "portal"]


@pytest.fixture
def portal(lab: Lab) -> Iterator[PortalLab]:
    """A portal with its pages."""
    with portal_standing(lab) as made:
        yield made
