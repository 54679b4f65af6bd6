"""The registration tests' lab, for the tests of what stands on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.harness.registration.conftest import Lab, lab, make_lab, pool
from tests.harness.web.api_lab import ApiLab, Tab
from tests.harness.web.login_lab import Address, LoginLab
from tests.harness.web.portal_lab import PortalLab
from tests.harness.web.portal_lab import standing as portal_standing

from softeid.harness.registration.settings import Settings
from softeid.harness.web.login_host import LoginHost

__all__ = ["lab", "make_lab", "pool", "portal"]


@pytest.fixture
def portal(lab: Lab) -> Iterator[PortalLab]:
    """A portal with its pages."""
    with portal_standing(lab) as made:
        yield made


@pytest.fixture
def make_api_lab(pool: Path) -> Iterator[Callable[..., ApiLab]]:
    """Labs that are reached by HTTP, with settings of one's own; none of them may have failed."""
    made: list[ApiLab] = []

    def make(**changed: Any) -> ApiLab:
        made.append(ApiLab(replace(Settings(key_bits=2048), **changed), pool))
        return made[-1]

    yield make
    assert [fault for lab in made for fault in lab.faults] == []


@pytest.fixture
def tab(lab: ApiLab) -> Tab:
    """A browser on the portal's first page, in modules whose lab is reached by HTTP."""
    opened = Tab(lab.portal_app)
    opened.get("/api/portal/session")
    return opened


@pytest.fixture(scope="module")
def address(lab: LoginLab) -> Iterator[Address]:
    """Of a login host, in modules whose lab is one's."""
    host = LoginHost(lab.present, lab.files, [lab.authority.issuer])
    yield host.start()
    host.stop()


@pytest.fixture
def forgotten(lab: LoginLab) -> None:
    """What a login host's lab has seen before is forgotten."""
    lab.forget()
