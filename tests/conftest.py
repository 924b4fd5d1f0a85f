"""Counts that tests record (`record_property("count operations", 12)`) are summed, and printed at the end."""

from __future__ import annotations

import os
from collections import Counter

from _pytest.terminal import TerminalReporter

os.environ["BFFGEN_CACHE"] = "off"  # every test compiles anew; those of the cache itself name a folder


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    totals: Counter[str] = Counter()
    for report in (each for reports in terminalreporter.stats.values() for each in reports):
        if getattr(report, "when", None) == "call":
            for name, value in report.user_properties:
                if name.startswith("count "):
                    totals[name.removeprefix("count ")] += value
    for name, total in totals.items():
        terminalreporter.write_line(f"{name}: {total}")
