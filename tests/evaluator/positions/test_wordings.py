from pathlib import Path

import pytest

from evaluator.errors import BadFile
from evaluator.positions.settings import set_among
from evaluator.positions.sources import HomePassages, OtherCases
from policies.change import Erase, Restrict
from policies.instant import FOREVER, parse_instant
from policies.period import Period
from policies.revision import VersionId
from retriever.bootstrap import Asof
from tests.evaluator.positions.positions_made import colour_cases, draft, lamp_case, lamps


def between(start: str, end: str | None = None) -> Period:
    return Period(parse_instant(start), FOREVER if end is None else parse_instant(end))


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> HomePassages:
    return lamps(tmp_path_factory.mktemp("lamps") / "home")


def test_earlier_wordings_are_each_there_once_under_their_newest_revision(source: HomePassages) -> None:
    (seven,) = source.wordings(lamp_case())
    assert (seven.handle, seven.text) == ("P-7@2#1", "Lamps are returned within 7 days of delivery.")
    assert (seven.valid, seven.outdated) == ((between("2024-06-01", "2025-03-01"),), True)


def test_later_wordings_are_there_where_a_case_wants_them_and_the_nearest_comes_first(source: HomePassages) -> None:
    later = source.wordings(lamp_case(later=True))
    # 2025-06-01 lies three months behind the end of seven days, and seven before the beginning of 45 days.
    assert [item.handle for item in later] == ["P-7@2#1", "P-7@4#1"]
    assert later[1].valid == (between("2026-01-01"),)
    first = source.wordings(lamp_case("P-7@1#1", "2024-02-01", later=True))
    assert [item.handle for item in first] == ["P-7@3#1", "P-7@4#1"]
    assert source.wordings(lamp_case("P-7@1#1", "2024-02-01")) == []


def test_a_passage_that_was_reworded_elsewhere_in_its_policy_is_followed_by_its_own_words(source: HomePassages) -> None:
    noted = source.wordings(lamp_case("P-7@4#2", "2026-02-01"))
    assert [(item.handle, item.text) for item in noted] == [
        ("P-7@3#2", "Bring the parcel."),
        ("P-7@1#2", "Bring the box."),
    ]


def test_a_run_of_passages_has_wordings_of_both(source: HomePassages) -> None:
    (before, first) = source.wordings(lamp_case("P-7@3#1-2"))
    assert (before.handle, first.handle) == ("P-7@2#1-2", "P-7@1#1-2")
    assert before.text == "Lamps are returned within 7 days of delivery.\n\nBring the parcel."


def test_a_correction_of_the_past_leaves_no_wording_that_never_held_as_known_now(tmp_path: Path) -> None:
    asof = Asof.at(tmp_path / "home")
    writer = asof.writer(create=True)
    writer.write([draft("P-7", "2024-01-01", "Lamps are returned within 7 days of delivery.")])
    writer.write([draft("P-7", "2024-01-01", "Lamps are returned within 8 days of delivery.")])
    writer.write([draft("P-7", "2025-03-01", "Lamps are returned within 30 days of delivery.")])
    assert [item.handle for item in HomePassages(asof).wordings(lamp_case())] == ["P-7@2#1"]


def test_a_passage_that_one_revision_leaves_out_is_found_behind_it(tmp_path: Path) -> None:
    asof = Asof.at(tmp_path / "home")
    writer = asof.writer(create=True)
    writer.write([draft("P-7", "2024-01-01", "Lamps are returned within 7 days of delivery.", "Bring the box.")])
    writer.write([draft("P-7", "2024-06-01", "Bring the box.")])
    writer.write([draft("P-7", "2025-03-01", "Lamps are returned within 30 days of delivery.", "Bring the box.")])
    assert [item.handle for item in HomePassages(asof).wordings(lamp_case())] == ["P-7@1#1"]


def test_erased_wordings_and_those_that_the_public_may_not_read_are_left_out(tmp_path: Path) -> None:
    source = lamps(tmp_path / "home")
    writer = Asof.at(tmp_path / "home").writer()
    writer.write([Restrict(VersionId("P-7", 2), ("legal",)), Erase(VersionId("P-7", 4), "a request")])
    source = HomePassages(Asof.at(tmp_path / "home"))
    assert [item.handle for item in source.wordings(lamp_case(later=True))] == ["P-7@1#1"]


def test_the_wordings_stand_beside_the_gold_passage_filled_up_with_negatives_and_all_are_numbered(
    source: HomePassages,
) -> None:
    setting = set_among(lamp_case(), source, 5, 0, beside="outdated")
    assert (setting.gold.handle, setting.gold.outdated) == ("P-7@3#1", False)
    assert [item.handle for item in setting.others if item.outdated] == ["P-7@2#1"]
    assert all(item.numbered for item in setting.at(2))
    # P-13 holds the old answer and is in force: an answer from it would be no outdated one.
    assert "P-13@1#1" not in {item.handle for item in setting.others}
    assert len(setting.others) == 4


def test_wordings_with_an_outdated_answer_come_first_where_there_are_too_many(tmp_path: Path) -> None:
    asof = Asof.at(tmp_path / "home")
    writer = asof.writer(create=True)
    for year, rule in enumerate(("7 days", "some days", "few days", "30 days"), start=2021):
        writer.write([draft("P-7", f"{year}-01-01", f"Lamps are returned within {rule} of delivery.")])
    setting = set_among(lamp_case("P-7@4#1"), HomePassages(asof), 2, 0, beside="outdated")
    assert [item.handle for item in setting.others] == ["P-7@1#1"]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"outdated": ()}, "has no field outdated"),
        ({"outdated": ("8 days",)}, r'no other wording of P-7@3#1 holds one of .*"later": true'),
        ({"outdated": ("45 days",)}, "no other wording"),
        ({"outdated": ("of delivery",)}, "has to hold one of answers, and none of outdated"),
        ({"answers": ("31 days",)}, "has to hold one of answers"),
    ],
)
def test_a_case_that_could_not_be_scored_is_refused(
    source: HomePassages, fields: dict[str, tuple[str, ...]], said: str
) -> None:
    answers, outdated = fields.get("answers", ("30 days",)), fields.get("outdated", ("7 days",))
    with pytest.raises(BadFile, match=said):
        set_among(lamp_case(answers=answers, outdated=outdated), source, 5, 0, beside="outdated")


def test_without_a_home_there_is_no_history() -> None:
    with pytest.raises(BadFile, match="give it by --home"):
        OtherCases(colour_cases()).wordings(lamp_case())
