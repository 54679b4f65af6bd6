"""What every test shares: how hypothesis runs, and what is said of tests that did not."""

from __future__ import annotations

import os
import signal

import pytest
from hypothesis import HealthCheck, Phase, settings
from tests.covering import require_known
from tests.machine import require_marked

# No test is timed, so nothing has a deadline. In CI examples are the same each time: a red run repeats.
settings.register_profile("here", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile(
    "ci", parent=settings.get_profile("here"), derandomize=True, database=None, print_blob=True
)
# A mutant is dead at the first example that fails; nobody wants the smallest one (`make mutate`).
settings.register_profile(
    "mutation", parent=settings.get_profile("ci"), phases=(Phase.explicit, Phase.generate), print_blob=False
)
# Started in the background or by nohup, we ignore these, and so would every command that we start.
for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
    if signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)

settings.load_profile("ci" if os.environ.get("CI") else "here")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """End before the first test where a mark names a requirement that there is not (SID-HAR-001)."""
    require_known(items)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip, or in CI fail, what this machine lacks the programs for."""
    require_marked(item)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One closing line for each reason for which tests were skipped."""
    reasons: dict[str, int] = {}
    for report in terminalreporter.stats.get("skipped", []):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        reasons[reason] = reasons.get(reason, 0) + 1
    for reason, count in sorted(reasons.items()):
        terminalreporter.write_line(f"{count} not run: {reason.removeprefix('Skipped: ')}", yellow=True)
