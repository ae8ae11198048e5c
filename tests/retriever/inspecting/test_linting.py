"""The lint beside what is recorded: which policies exist, at which instant, and for whom."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from policies.change import Correct, Publish, Withdraw
from policies.errors import LintRefused
from policies.instant import parse_instant
from policies.revision import VersionId
from retriever.inspecting.linting import lint_content, refuse
from tests.fakes import FakeEncoder
from tests.retriever.homes import Home, draft

NAMES_P8 = Publish(draft("P-7", "Gifts are handled as P-8 says.", "2025-03-01"))


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    made = Home(tmp_path / "home", FakeEncoder())
    made.clock.set("2025-06-15")
    yield made
    made.close()


def reasons(home: Home, *changes: Publish | Correct, audience: tuple[str, ...] | None = None) -> list[str]:
    return [finding.reason for finding in home.asof.lint(changes, audience)]


def test_a_home_that_is_not_there_has_no_policies_and_is_not_made(home: Home) -> None:
    assert reasons(home, NAMES_P8) == ["There is no policy P-8"]
    assert not home.path.exists()


def test_a_policy_has_to_be_in_force_when_the_text_begins_not_now(home: Home) -> None:
    home.publish("P-8", "Gifts may be returned.", "2025-04-01")
    assert reasons(home, NAMES_P8) == ["P-8 is not in force on 2025-03-01"]
    home.publish("P-8", "Gifts may be returned always.", "2025-01-01")
    assert reasons(home, NAMES_P8) == []


def test_a_withdrawn_policy_is_not_in_force(home: Home) -> None:
    home.publish("P-8", "Gifts may be returned.", "2024-01-01")
    home.write(Withdraw("P-8", parse_instant("2025-02-01")))
    assert reasons(home, NAMES_P8) == ["P-8 is not in force on 2025-03-01"]


def test_a_policy_of_the_same_commit_is_known_from_its_start_on(home: Home) -> None:
    early, late = (Publish(draft("P-8", "Gifts may be returned.", start)) for start in ("2025-01-01", "2025-12-01"))
    assert reasons(home, NAMES_P8, early) == []
    assert reasons(home, NAMES_P8, late) == ["P-8 is not in force on 2025-03-01"]


def test_a_policy_that_the_author_may_not_read_is_told_of_as_if_there_were_none(home: Home) -> None:
    home.publish("P-8", "Gifts may be returned.", "2024-01-01", audience="[legal]")
    home.publish("P-1", "Returns are free.", "2024-01-01")
    assert reasons(home, NAMES_P8, audience=("public",)) == ["There is no policy P-8"]
    assert reasons(home, NAMES_P8, audience=("legal", "public")) == []


def test_a_shape_that_only_hidden_policies_have_is_no_shape(home: Home) -> None:
    home.publish("HR-1", "Staff returns.", "2024-01-01", audience="[legal]")
    names = Publish(draft("P-7", "As HR-2 says.", "2025-03-01"))
    assert reasons(home, names, audience=("public",)) == []
    assert reasons(home, names) == ["There is no policy HR-2"]


def test_a_correction_is_held_against_what_is_in_force_when_the_corrected_words_begin(home: Home) -> None:
    home.publish("P-7", "Gifts may be returned.", "2025-03-01")
    home.publish("P-8", "Gifts go back.", "2025-04-01")
    words = draft("P-7", "Gifts are handled as P-8 says.", "2025-03-01")
    assert reasons(home, Correct(VersionId("P-7", 1), words)) == ["P-8 is not in force on 2025-03-01"]
    home.publish("P-8", "Gifts go back always.", "2025-01-01")
    assert reasons(home, Correct(VersionId("P-7", 1), words)) == []
    assert reasons(home, Correct(VersionId("P-9", 1), draft("P-9", "As P-8 and P-10 say.", "2025-03-01"))) == [
        "There is no policy P-10"
    ]


def test_the_words_are_cut_as_they_would_be_recorded(home: Home) -> None:
    long = Publish(draft("P-7", "torn " * 300 + "items.", "2025-03-01"))
    [finding] = home.asof.lint([long])
    assert finding.rule == "cut-passage"


def test_findings_refuse_with_each_place_and_none_refuse_nothing(home: Home) -> None:
    refuse([])
    findings = home.asof.lint([Publish(draft("P-7", "Items {++new++}\n\n![](a.png)", "2025-03-01"))])
    assert [found["line"] for found in lint_content(findings)["lint"]] == [6, 8]
    with pytest.raises(LintRefused, match=r"2 findings of the lint refuse it") as refused:
        refuse(findings)
    assert [where for where, _ in refused.value.found] == ["P-7.md, line 6", "P-7.md, line 8"]
