"""The tiers of the tests, declared here alone: which there are, what a run leaves out, and how it says so.

A test belongs to the default tier unless a marker of `TIERS` names another. `scripts/test` runs the default tier,
`scripts/test --all` all but soak, and `-m` chooses by hand.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import pytest

ALL = "scripts/test --all"


@dataclass(frozen=True)
class Tier:
    """Tests that the default run leaves out: why, and the command that runs them."""

    why: str
    command: str = ALL


TIERS = {
    "slow": Tier("takes long, and guards no promise of the product"),
    "browser": Tier("needs a browser"),
    "postgres": Tier("needs a PostgreSQL server"),
    "model": Tier("needs a language model"),
    "soak": Tier("is a campaign of minutes to hours", "scripts/test -m soak"),
}

LEFT_OUT = pytest.StashKey[Counter[str]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--all", action="store_true", help="Run every tier but soak, as CI does.")


def pytest_configure(config: pytest.Config) -> None:
    """Declares the markers, and leaves out what the run did not ask for; xdist's workers inherit the choice."""
    config.stash[LEFT_OUT] = Counter()
    for name, tier in TIERS.items():
        config.addinivalue_line("markers", f"{name}: {tier.why}; run by `{tier.command}`")
    if not config.option.markexpr:
        out = [name for name, tier in TIERS.items() if not (config.option.all and tier.command == ALL)]
        config.option.markexpr = " and ".join(f"not {name}" for name in out)
    if getattr(config.option, "numprocesses", None):  # the model's graph is made once, before two workers want it
        from indexer.encoding.onnx_graph import exported_model

        exported_model()


def pytest_deselected(items: list[pytest.Item]) -> None:
    """Counts what is left out by the tier that it belongs to."""
    for item in items:
        name = next((name for name in TIERS if item.get_closest_marker(name)), "")
        item.config.stash[LEFT_OUT][name] += 1


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker of xdist tells what it left out: each collects all tests, so one worker's word is enough."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["left_out"] = dict(session.config.stash[LEFT_OUT])


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    node.config.stash[LEFT_OUT] = Counter(getattr(node, "workeroutput", {}).get("left_out", {}))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Says what passed, failed, was skipped or left out, why, and what runs it; pytest's own line comes after it."""
    if config.option.collectonly:
        return
    lines = summary(terminalreporter.stats, config.stash[LEFT_OUT])
    terminalreporter.section("what was tested")
    for line in lines:
        terminalreporter.write_line(line)


def summary(stats: dict[str, list[Any]], left_out: Counter[str]) -> list[str]:
    """The lines of the summary."""
    passed, failed = len(stats.get("passed", [])), len(stats.get("failed", [])) + len(stats.get("error", []))
    lines = [f"{passed:,} tests passed, {failed:,} failed."]
    reasons = Counter(report.longrepr[2].removeprefix("Skipped: ") for report in stats.get("skipped", []))
    lines += [f"{count:,} skipped: {reason}." for reason, count in sorted(reasons.items())]
    for name, count in sorted(left_out.items()):
        tier = TIERS.get(name)
        if tier is None:
            lines.append(f"{count:,} left out by the options of this run.")
        else:
            lines.append(f"{count:,} left out ({name}): such a test {tier.why}. To run them: {tier.command}")
    return lines
