"""What changed from one revision to another: every passage once, the reworded words marked, and what governs them."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.process import cdist

from policies.comparing.difference import Contextual, Governor, PassageChange
from policies.comparing.difference import difference as compared
from policies.comparing.marking import marked_words


def difference(before: list[str], after: list[str]) -> list[PassageChange]:
    """The changes of passages that nothing governs."""
    return list(compared(Contextual(before), Contextual(after)).passages)


def summary(before: list[str], after: list[str]) -> list[tuple[str, int | None, int | None]]:
    return [
        (it.kind, it.before[0] if it.before else None, it.after[0] if it.after else None)
        for it in difference(before, after)
    ]


def governed(*passages: tuple[str, Sequence[str]]) -> Contextual:
    """Passages, each with the words that govern it, the outermost first; equal words in a row are the same ones."""
    governors: list[Governor] = []
    contexts = []
    last: dict[str, int] = {}
    for _, over in passages:
        last = {text: last.get(text, -1) for text in over}
        for text in over:
            if last[text] < 0:
                last[text] = len(governors)
                governors.append(Governor("lead_in", text))
        contexts.append(tuple(last[text] for text in over))
    return Contextual([text for text, _ in passages], governors, contexts)


# Kinds


def test_equal_passages_are_unchanged_and_hold_their_words_as_one_run() -> None:
    assert difference(["One rule.", "Two rules."], ["One rule.", "Two rules."]) == [
        PassageChange("unchanged", (1,), (1,), (("same", "One rule."),)),
        PassageChange("unchanged", (2,), (2,), (("same", "Two rules."),)),
    ]


def test_reworded_passage_has_its_words_marked() -> None:
    before = ["Damaged items within 7 days are eligible."]
    after = ["Damaged items within 30 days of delivery are eligible."]
    assert difference(before, after) == [
        PassageChange(
            "reworded",
            (1,),
            (1,),
            (
                ("same", "Damaged items within "),
                ("removed", "7 "),
                ("added", "30 "),
                ("same", "days "),
                ("added", "of delivery "),
                ("same", "are eligible."),
            ),
        )
    ]


def test_added_and_removed_passages_are_one_run_each() -> None:
    assert difference(["Gone for good."], ["Gifts may not be returned at all."]) == [
        PassageChange("added", (), (1,), (("added", "Gifts may not be returned at all."),)),
        PassageChange("removed", (1,), (), (("removed", "Gone for good."),)),
    ]


def test_removed_passages_stand_where_they_stood() -> None:
    before = ["One.", "First gone.", "Two.", "Second gone.", "Three.", "Last gone."]
    assert summary(before, ["One.", "Two.", "Three."]) == [
        ("unchanged", 1, 1),
        ("removed", 2, None),
        ("unchanged", 3, 2),
        ("removed", 4, None),
        ("unchanged", 5, 3),
        ("removed", 6, None),
    ]


def test_swapped_passages_are_one_moved_and_one_unchanged() -> None:
    changes = difference(["Refunds take a week.", "Gifts are final."], ["Gifts are final.", "Refunds take a week."])
    assert sorted((change.kind, change.words[0]) for change in changes) in (
        [("moved", ("same", "Gifts are final.")), ("unchanged", ("same", "Refunds take a week."))],
        [("moved", ("same", "Refunds take a week.")), ("unchanged", ("same", "Gifts are final."))],
    )
    assert [change.after for change in changes] == [(1,), (2,)]
    assert [change.before for change in changes] == [(2,), (1,)]


def test_passage_moved_to_the_front_leaves_the_others_unchanged() -> None:
    assert summary(["A a.", "B b.", "C c.", "D d."], ["D d.", "A a.", "B b.", "C c."]) == [
        ("moved", 4, 1),
        ("unchanged", 1, 2),
        ("unchanged", 2, 3),
        ("unchanged", 3, 4),
    ]


def test_white_space_alone_is_no_change_and_the_new_white_space_is_shown() -> None:
    assert difference(["Within  30\ndays."], ["  Within 30 days.\n"]) == [
        PassageChange("unchanged", (1,), (1,), (("same", "  Within 30 days.\n"),))
    ]


def test_case_and_punctuation_are_changes_of_words() -> None:
    [change] = difference(["Refunds are possible."], ["refunds are possible"])
    assert (change.kind, change.words) == (
        "reworded",
        (
            ("removed", "Refunds "),
            ("added", "refunds "),
            ("same", "are "),
            ("removed", "possible. "),
            ("added", "possible"),
        ),
    )


def test_empty_sides_are_all_added_or_all_removed_or_nothing() -> None:
    assert difference([], []) == []
    assert summary([], ["One.", "Two."]) == [("added", None, 1), ("added", None, 2)]
    assert summary(["One.", "Two."], []) == [("removed", 1, None), ("removed", 2, None)]


def test_repeated_equal_passages_are_paired_one_to_one() -> None:
    assert summary(["Same.", "Same."], ["Same.", "Same.", "Same."]) == [
        ("unchanged", 1, 1),
        ("unchanged", 2, 2),
        ("added", None, 3),
    ]
    assert summary(["Same.", "Same.", "Same."], ["Same."]) == [
        ("unchanged", 1, 1),
        ("removed", 2, None),
        ("removed", 3, None),
    ]


def test_the_most_passages_stay_and_the_rest_moves() -> None:
    found = summary(["Same.", "X x.", "Y y.", "Same."], ["X x.", "Y y.", "Same.", "Same."])
    assert found[:2] == [("unchanged", 2, 1), ("unchanged", 3, 2)]
    assert sorted(kind for kind, _, _ in found[2:]) == ["moved", "unchanged"]


def test_passage_whose_one_repeated_word_carries_it_is_reworded() -> None:
    # 4 of 6 words in common, in order: 2 * 4 / 12 = 0.67, however few different words they are.
    assert summary(["no no no no refunds today"], ["no no no no gifts ever"]) == [("reworded", 1, 1)]


def test_passages_with_less_than_half_of_their_words_in_common_are_two() -> None:
    assert summary(["a b c d e f"], ["a b c x y z"]) == [("reworded", 1, 1)]  # 2 * 3 / 12 = 0.5
    assert summary(["a b c d e f"], ["a b u x y z"]) == [("added", None, 1), ("removed", 1, None)]  # 2 * 2 / 12


def test_most_similar_passages_are_paired_not_the_first() -> None:
    before = ["Returns within seven days need a receipt."]
    after = ["Returns within seven weeks or so need nothing.", "Returns within thirty days need a receipt."]
    assert summary(before, after) == [("added", None, 1), ("reworded", 1, 2)]


def test_equally_similar_passages_are_paired_by_their_place() -> None:
    before = ["Rule one is old.", "Rule two is old."]
    after = ["Rule one is new.", "Rule two is new."]
    assert summary(before, after) == [("reworded", 1, 1), ("reworded", 2, 2)]


def test_content_is_plain_json() -> None:
    [change] = difference(["Seven days."], ["Thirty days."])
    assert change.content() == {
        "kind": "reworded",
        "before": 1,
        "after": 1,
        "all_before": [1],
        "all_after": [1],
        "moved": False,
        "words": [
            {"mark": "removed", "text": "Seven "},
            {"mark": "added", "text": "Thirty "},
            {"mark": "same", "text": "days."},
        ],
        "governing": [],
    }


def test_marked_words_of_the_same_text_are_one_run() -> None:
    assert marked_words("Thirty days.", "Thirty days.") == (("same", "Thirty days."),)
    assert marked_words("", "New words.") == (("added", "New words."),)
    assert marked_words("Old words.", "") == (("removed", "Old words."),)


# Properties

passages = st.lists(
    st.lists(st.sampled_from(["a", "b", "B", "c.", "30", "days"]), min_size=1, max_size=6).flatmap(
        lambda words: st.sampled_from([" ", "  ", "\n", "\u00a0"]).map(lambda space: space.join(words) + space)
    ),
    max_size=7,
)


def words(changes: list[PassageChange], side: str, *marks: str) -> dict[int, list[str]]:
    """The words of the runs with these marks, by the ordinal on one side; of several ordinals by the first."""
    found: dict[int, list[str]] = {}
    for change in changes:
        ordinals: tuple[int, ...] = getattr(change, side)
        if ordinals:
            assert ordinals[0] not in found
            found[ordinals[0]] = [word for mark, text in change.words if mark in marks for word in text.split()]
    return found


def every(changes: list[PassageChange], side: str, texts: list[str]) -> dict[int, list[str]]:
    """The words of the passages on one side; of several that were split or merged together, by the first ordinal."""
    return {
        ordinals[0]: [word for n in ordinals for word in texts[n - 1].split()]
        for change in changes
        if (ordinals := getattr(change, side))
    }


@given(passages, passages)
def test_runs_rebuild_both_sides_and_every_passage_is_there_once(before: list[str], after: list[str]) -> None:
    changes = difference(before, after)
    assert words(changes, "before", "same", "removed") == every(changes, "before", before)
    assert words(changes, "after", "same", "added") == every(changes, "after", after)
    assert sorted(n for change in changes for n in change.before) == list(range(1, len(before) + 1))
    assert [n for change in changes for n in change.after] == list(range(1, len(after) + 1))
    for change in changes:
        marks = {mark for mark, _ in change.words}
        assert {
            "unchanged": marks == {"same"},
            "moved": marks == {"same"} and change.moved,
            "added": marks == {"added"} and not change.before,
            "removed": marks == {"removed"} and not change.after,
            "reworded": len(marks) > 1 and len(change.before) == len(change.after) == 1,
            "split": len(change.before) == 1 and len(change.after) > 1,
            "merged": len(change.before) > 1 and len(change.after) == 1,
        }[change.kind]


@given(passages)
def test_text_against_itself_is_unchanged(texts: list[str]) -> None:
    assert summary(texts, texts) == [("unchanged", n, n) for n in range(1, len(texts) + 1)]


@given(passages, passages)
def test_backwards_equal_passages_stay_paired(one: list[str], two: list[str]) -> None:
    def equal(before: list[str], after: list[str]) -> int:
        return sum(kind in ("unchanged", "moved") for kind, _, _ in summary(before, after))

    assert equal(one, two) == equal(two, one)


# Split and merged

LONG = "Damaged items are taken back within thirty days. Bring the receipt and the box that the item came in."
PARTS = ["Damaged items are taken back within thirty days.", "Bring the receipt and the box that the item came in."]


def test_a_passage_that_became_two_is_split_and_two_that_became_one_are_merged() -> None:
    [change] = difference([LONG], PARTS)
    assert (change.kind, change.before, change.after) == ("split", (1,), (1, 2))
    assert {mark for mark, _ in change.words} == {"same"}
    [change] = difference(PARTS, [LONG])
    assert (change.kind, change.before, change.after) == ("merged", (1, 2), (1,))
    assert {mark for mark, _ in change.words} == {"same"}


def test_a_split_passage_may_be_reworded_and_its_words_are_marked() -> None:
    now = ["Damaged items are taken back within sixty days.", PARTS[1]]
    [change] = difference([LONG], now)
    assert (change.kind, [it for it in change.words if it[0] != "same"]) == (
        "split",
        [("removed", "thirty "), ("added", "sixty ")],
    )


def test_words_that_a_long_passage_also_has_are_no_part_of_it() -> None:
    assert summary([LONG], [LONG.replace("thirty", "sixty"), "Bring the receipt."]) == [
        ("reworded", 1, 1),
        ("added", None, 2),
    ]


def test_parts_that_stand_apart_are_no_split() -> None:
    kinds = [kind for kind, _, _ in summary([LONG, "Gifts."], [PARTS[0], "Gifts.", PARTS[1]])]
    assert "split" not in kinds


# Governing words

MAY, MUST_NOT = "Guests may bring:", "Guests must not bring:"


def test_the_same_words_under_other_words_are_regoverned_and_the_change_is_shown_once_and_at_each() -> None:
    before, after = governed(("beer", [MAY]), ("wine", [MAY])), governed(("beer", [MUST_NOT]), ("wine", [MUST_NOT]))
    found = compared(before, after)
    [change] = found.governing
    assert (change.change, change.before, change.after) == ("reworded", (1, 2), (1, 2))
    assert [it for it in change.words if it[0] != "same"] == [("removed", "may "), ("added", "must not ")]
    assert [(it.kind, it.governing) for it in found.passages] == [("regoverned", (change,)), ("regoverned", (change,))]
    assert found.counts() == dict.fromkeys(found.counts(), 0) | {"regoverned": 2}


def test_a_heading_of_no_common_word_became_the_other_where_both_govern_the_same() -> None:
    found = compared(governed(("beer", ["Allowed"])), governed(("beer", ["Forbidden"])))
    assert [(it.change, it.words) for it in found.governing] == [
        ("reworded", (("removed", "Allowed "), ("added", "Forbidden")))
    ]


def test_passages_that_stay_under_their_words_are_moved_with_them_and_not_turned_round() -> None:
    before = governed(("beer", ["Allowed:"]), ("wine", ["Allowed:"]), ("beer", ["Forbidden:"]), ("rum", ["Forbidden:"]))
    after = governed(("beer", ["Forbidden:"]), ("rum", ["Forbidden:"]), ("beer", ["Allowed:"]), ("wine", ["Allowed:"]))
    found = compared(before, after)
    assert sorted(it.kind for it in found.passages) == ["moved", "moved", "unchanged", "unchanged"]
    assert found.governing == ()


def test_a_passage_under_the_words_of_another_section_names_both() -> None:
    before = governed(("beer", ["Allowed:"]), ("rum", ["Forbidden:"]), ("gin", ["Forbidden:"]))
    after = governed(("rum", ["Forbidden:"]), ("gin", ["Forbidden:"]), ("beer", ["Forbidden:"]))
    found = compared(before, after)
    [beer] = [it for it in found.passages if it.kind == "regoverned"]
    assert beer.moved
    assert [(it.change, it.words[0][1]) for it in beer.governing] == [("added", "Forbidden:"), ("removed", "Allowed:")]


def test_a_reworded_passage_says_what_changed_over_it() -> None:
    found = compared(governed(("beer of 5 percent", [MAY])), governed(("beer of 4 percent", [MUST_NOT])))
    [change] = found.passages
    assert (change.kind, [it.change for it in change.governing]) == ("reworded", ["reworded"])


def test_governing_words_that_come_or_go_are_shown_even_over_nothing() -> None:
    before = Contextual(["beer"], [Governor("heading", "Drinks")], [(0,)])
    after = Contextual(["beer"], [Governor("heading", "Drinks"), Governor("heading", "Food")], [(0,)])
    assert [(it.change, it.words[0][1]) for it in compared(before, after).governing] == [("added", "Food")]
    assert [(it.change, it.words[0][1]) for it in compared(after, before).governing] == [("removed", "Food")]


contexts = st.lists(st.sampled_from([MAY, MUST_NOT, "Allowed", "Forbidden"]), max_size=2, unique=True)
sides = st.lists(st.tuples(st.sampled_from(["beer", "wine", "rum and beer", "gin"]), contexts), max_size=6)


@given(sides, sides)
def test_no_pair_of_equal_words_under_other_words_is_unchanged(
    before: list[tuple[str, list[str]]], after: list[tuple[str, list[str]]]
) -> None:
    for change in compared(governed(*before), governed(*after)).passages:
        if change.kind in ("unchanged", "moved"):
            assert before[change.before[0] - 1][1] == after[change.after[0] - 1][1]
        if change.kind == "regoverned":
            assert sorted(before[change.before[0] - 1][1]) != sorted(after[change.after[0] - 1][1]) or change.governing


@pytest.mark.parametrize("count", [3, 40])
def test_large_revisions_are_compared_in_windows(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("policies.comparing.pairing.WINDOW", 3)
    before = [f"Rule {n} of the house says so in {n} words." for n in range(count)]
    after = [f"Rule {n} of the house says so in {n} lines." for n in range(count)]
    assert summary(before, after) == [("reworded", n, n) for n in range(1, count + 1)]


@pytest.mark.parametrize("turned", [False, True])
def test_few_passages_that_many_were_joined_to_are_found_in_windows(
    turned: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The few are not compared with all of the many, as the many are not with each other."""
    monkeypatch.setattr("policies.comparing.pairing.WINDOW", 10)
    shapes: list[tuple[int, int]] = []

    def counted(queries: list[str], choices: list[str], **kwargs: Any) -> Any:
        shapes.append((len(queries), len(choices)))
        return cdist(queries, choices, **kwargs)

    monkeypatch.setattr("policies.comparing.pairing.cdist", counted)
    many = [f"rule {n} asks no {n} days and no {n} euros" for n in range(200)]
    few = [" ".join(many[n : n + 10]) for n in range(0, 200, 10)]
    sides = (few, many) if turned else (many, few)
    places = [tuple(range(n + 1, n + 11)) for n in range(0, 200, 10)]
    kind = "split" if turned else "merged"
    assert [(it.kind, it.after if turned else it.before) for it in difference(*sides)] == [(kind, it) for it in places]
    assert sum(one * other for one, other in shapes) <= len(few) * 4 * 10


def test_revisions_too_large_for_a_common_order_are_still_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("policies.comparing.pairing.IN_ORDER", 2)
    assert summary(["A a.", "B b.", "C c.", "D d."], ["D d.", "A a.", "B b.", "C c."])[0] == ("moved", 4, 1)


def test_many_rows_that_are_all_alike_are_paired_by_their_places() -> None:
    before = [f"Room {n} costs {n + 40} euros a night in summer" for n in range(300)]
    after = [f"Room {n} costs {n + 45} euros a night in summer" for n in range(300)]
    assert summary(before, after) == [("reworded", n, n) for n in range(1, 301)]
