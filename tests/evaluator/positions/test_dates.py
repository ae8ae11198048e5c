from evaluator.positions.cases import Passage
from evaluator.positions.dates import dated, dated_question
from evaluator.positions.prompts import messages
from evaluator.positions.settings import Setting
from policies.instant import FOREVER, parse_instant
from policies.period import Period
from tests.evaluator.positions.positions_made import QUESTION, lamp_case


def setting(as_of: str, *bounds: str) -> Setting:
    """The gold passage from the second of these instants on, and a wording from the first to the second."""
    first, second = map(parse_instant, bounds)
    gold = Passage("Lamps", "within 30 days", "P-7@2#1", valid=(Period(second, FOREVER),), numbered=True)
    old = Passage("Lamps", "within 7 days", "P-7@1#1", valid=(Period(first, second),), numbered=True, outdated=True)
    return Setting(lamp_case(as_of=as_of), gold, (old,))


def test_dates_are_all_that_differs() -> None:
    bare = setting("2025-06-01", "2024-01-01", "2025-03-01")
    shown = dated(bare)
    assert (bare.dated, shown.dated) == (False, True)
    assert shown.case.question == f"As of 2025-06-01: {QUESTION}"
    without, with_dates = (messages("policy", it.case.question, it.at(1))[1]["content"] for it in (bare, shown))
    added = [line for line in with_dates.splitlines() if line.startswith("in force: ")]
    assert added == ["in force: from 2024-01-01 until 2025-03-01", "in force: from 2025-03-01 on, no end set"]
    boundary, other = without.split()[2], with_dates.split()[2]
    same = with_dates.replace(other, boundary).replace("As of 2025-06-01: ", "").splitlines()
    assert [line for line in same if line not in added] == without.splitlines()


def test_without_dates_nothing_in_the_prompt_says_which_wording_is_in_force() -> None:
    bare = setting("2025-06-01", "2024-01-01", "2025-03-01")
    text = "".join(message["content"] for message in messages("policy", bare.case.question, bare.at(1)))
    assert not any(word in text for word in ("P-7", "@", "2024", "2025", "in force"))


def test_instants_are_whole_where_days_would_leave_the_period_open() -> None:
    noon = setting("2025-03-01T15:00:00Z", "2024-01-01", "2025-03-01T12:00:00Z")
    assert dated(noon).gold.in_force == "from 2025-03-01T12:00:00Z on, no end set"
    assert dated_question(noon.case).startswith("As of 2025-03-01T15:00:00Z: ")
    short = setting("2025-06-01", "2025-03-01T10:00:00Z", "2025-03-01T12:00:00Z")
    assert dated(short).others[0].in_force == "from 2025-03-01T10:00:00Z until 2025-03-01T12:00:00Z"
    midnight = setting("2025-03-01", "2024-01-01T12:00:00Z", "2025-03-01")
    assert dated(midnight).others[0].in_force == "from 2024-01-01 until 2025-03-01"


def test_several_periods_are_told_one_after_the_other() -> None:
    bare = setting("2025-06-01", "2024-01-01", "2025-03-01")
    first, second = Period(0, parse_instant("1970-02-01")), bare.gold.valid[0]
    twice = Setting(bare.case, Passage("Lamps", "30", "P-7@2#1", valid=(first, second)), ())
    assert dated(twice).gold.in_force == "from 1970-01-01 until 1970-02-01, and from 2025-03-01 on, no end set"
