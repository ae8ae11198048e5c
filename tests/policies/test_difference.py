"""What changed from one revision to another: every passage once, and the reworded words marked."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from policies.difference import PassageChange, difference, marked_words


def summary(before: list[str], after: list[str]) -> list[tuple[str, int | None, int | None]]:
    return [(change.kind, change.before, change.after) for change in difference(before, after)]


# Kinds


def test_equal_passages_are_unchanged_and_hold_their_words_as_one_run() -> None:
    assert difference(["One rule.", "Two rules."], ["One rule.", "Two rules."]) == [
        PassageChange("unchanged", 1, 1, (("same", "One rule."),)),
        PassageChange("unchanged", 2, 2, (("same", "Two rules."),)),
    ]


def test_reworded_passage_has_its_words_marked() -> None:
    before = ["Damaged items within 7 days are eligible."]
    after = ["Damaged items within 30 days of delivery are eligible."]
    assert difference(before, after) == [
        PassageChange(
            "reworded",
            1,
            1,
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
        PassageChange("added", None, 1, (("added", "Gifts may not be returned at all."),)),
        PassageChange("removed", 1, None, (("removed", "Gone for good."),)),
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
    assert [change.after for change in changes] == [1, 2]
    assert [change.before for change in changes] == [2, 1]


def test_passage_moved_to_the_front_leaves_the_others_unchanged() -> None:
    assert summary(["A a.", "B b.", "C c.", "D d."], ["D d.", "A a.", "B b.", "C c."]) == [
        ("moved", 4, 1),
        ("unchanged", 1, 2),
        ("unchanged", 2, 3),
        ("unchanged", 3, 4),
    ]


def test_white_space_alone_is_no_change_and_the_new_white_space_is_shown() -> None:
    assert difference(["Within  30\ndays."], ["  Within 30 days.\n"]) == [
        PassageChange("unchanged", 1, 1, (("same", "  Within 30 days.\n"),))
    ]


def test_case_and_punctuation_are_changes_of_words() -> None:
    [change] = difference(["Refunds are possible."], ["refunds are possible"])
    assert (change.kind, change.words) == (
        "reworded",
        (
            ("removed", "Refunds "),
            ("added", "refunds "),
            ("same", "are "),
            ("removed", "possible."),
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


def test_the_longest_common_run_stays_and_the_rest_moves() -> None:
    # "Same., X x." is common as it stands; the other "Same." went to the front.
    assert summary(["Same.", "X x.", "Same."], ["Same.", "Same.", "X x."]) == [
        ("moved", 3, 1),
        ("unchanged", 1, 2),
        ("unchanged", 2, 3),
    ]


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
        "words": [
            {"mark": "removed", "text": "Seven "},
            {"mark": "added", "text": "Thirty "},
            {"mark": "same", "text": "days."},
        ],
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
    """The words of the runs with these marks, by the ordinal on one side."""
    found: dict[int, list[str]] = {}
    for change in changes:
        ordinal: Any = getattr(change, side)
        if ordinal is not None:
            assert ordinal not in found
            found[ordinal] = [word for mark, text in change.words if mark in marks for word in text.split()]
    return found


@given(passages, passages)
def test_runs_rebuild_both_sides_and_every_passage_is_there_once(before: list[str], after: list[str]) -> None:
    changes = difference(before, after)
    assert words(changes, "before", "same", "removed") == {n: text.split() for n, text in enumerate(before, start=1)}
    assert words(changes, "after", "same", "added") == {n: text.split() for n, text in enumerate(after, start=1)}
    assert [change.after for change in changes if change.after] == list(range(1, len(after) + 1))
    for change in changes:
        marks = {mark for mark, _ in change.words}
        assert {
            "unchanged": marks == {"same"},
            "moved": marks == {"same"},
            "added": marks == {"added"} and change.before is None,
            "removed": marks == {"removed"} and change.after is None,
            "reworded": len(marks) > 1 and None not in (change.before, change.after),
        }[change.kind]


@given(passages)
def test_text_against_itself_is_unchanged(texts: list[str]) -> None:
    assert summary(texts, texts) == [("unchanged", n, n) for n in range(1, len(texts) + 1)]


@given(passages, passages)
def test_backwards_what_was_added_is_removed_and_equal_passages_stay_paired(one: list[str], two: list[str]) -> None:
    def kinds(before: list[str], after: list[str]) -> list[int]:
        found = [kind for kind, _, _ in summary(before, after)]
        return [found.count("unchanged") + found.count("moved"), len(found) - found.count("added")]

    there, back = kinds(one, two), kinds(two, one)
    assert there[0] == back[0]
    assert (there[1], back[1]) == (len(one), len(two))
