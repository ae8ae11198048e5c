"""What a run of the tests says at its end."""

from collections import Counter
from types import SimpleNamespace

from tests.root import ROOT
from tests.tiers import TIERS, summary


def skipped(reason: str) -> SimpleNamespace:
    return SimpleNamespace(longrepr=("tests/test_x.py", 3, f"Skipped: {reason}"))


def test_the_summary_says_what_passed_what_is_missing_and_what_runs_the_rest() -> None:
    stats = {"passed": [None] * 1200, "failed": [None], "error": [None], "skipped": [skipped("there is no curl")] * 2}
    assert summary(stats, Counter(slow=4, soak=18)) == [
        "1,200 tests passed, 2 failed.",
        "2 skipped: there is no curl.",
        f"4 left out (slow): such a test {TIERS['slow'].why}. To run them: scripts/test --all",
        f"18 left out (soak): such a test {TIERS['soak'].why}. To run them: scripts/test -m soak",
    ]


def test_what_the_run_itself_left_out_is_not_called_a_tier() -> None:
    assert summary({}, Counter({"": 7}))[1:] == ["7 left out by the options of this run."]


def test_ci_runs_every_tier_but_the_campaigns() -> None:
    assert "scripts/test --all" in (ROOT / "scripts" / "check").read_text()
    assert [name for name, tier in TIERS.items() if tier.command != "scripts/test --all"] == ["soak"]
