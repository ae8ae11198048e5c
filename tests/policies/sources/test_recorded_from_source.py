"""A history that brings its own instants of recording: what was known of it, and when."""

import json
from pathlib import Path
from typing import Any

import pytest

from policies.errors import DraftError
from policies.instant import format_instant, parse_instant
from policies.ledger import Ledger
from policies.revision import Span
from policies.sources.revisions_file import load_changes, read_revisions, recording_batches
from policies.storage.ledger_store import LedgerStore

NOW = parse_instant("2025-06-01")


def row(start: str, end: str | None, recorded: str | None, *, withdrawn: bool = False, policy: str = "P-7") -> Any:
    return {
        "policy_id": policy,
        "effective_from": start,
        "effective_to": end,
        "recorded_at": recorded,
        "withdrawn": withdrawn,
        "text": f"From {start}.",
    }


def file(tmp_path: Path, *rows: Any) -> Path:
    path = tmp_path / "revisions.jsonl"
    path.write_text("".join(json.dumps(each) + "\n" for each in rows))
    return path


def loaded(ledger: Ledger, tmp_path: Path, *rows: Any) -> None:
    ledger.load(recording_batches(read_revisions(file(tmp_path, *rows)), NOW), lambda text: [Span(0, 1)], "none")


def says(ledger: Ledger, as_of: str, known_at: str | None = None) -> int | str | None:
    """The revision of P-7 in force, "withdrawn", or None where nothing was ever said."""
    timeline = ledger.timeline()
    known = timeline.recorded_at if known_at is None else parse_instant(known_at)
    found = timeline.policies["P-7"].in_force(parse_instant(as_of), known)
    return None if found is None else found.revision or "withdrawn"


def test_rule_is_open_ended_until_its_successor_was_recorded(ledger: Ledger, tmp_path: Path) -> None:
    loaded(ledger, tmp_path, row("2020-01-01", "2021-01-01", "2020-01-05"), row("2021-01-01", None, "2021-02-01"))
    known = ("2020-01-04", "2020-01-05", "2021-01-31", "2021-02-01")
    assert [says(ledger, "2021-06-01", at) for at in known] == [None, 1, 1, 2]
    assert says(ledger, "2020-06-01") == 1


def test_rows_recorded_together_are_known_together(ledger: Ledger, tmp_path: Path) -> None:
    loaded(ledger, tmp_path, row("2020-01-01", "2021-01-01", "2020-01-05"), row("2021-01-01", None, "2020-01-05"))
    assert [says(ledger, "2021-06-01", at) for at in ("2020-01-04", "2020-01-05")] == [None, 2]
    assert len({event.recorded_at for event in ledger.events()}) == 1


def test_rows_of_several_policies_are_recorded_in_the_order_of_their_instants(ledger: Ledger, tmp_path: Path) -> None:
    loaded(
        ledger,
        tmp_path,
        row("2020-01-01", None, "2022-01-01", policy="P-1"),
        row("2020-01-01", "2021-01-01", "2020-01-05"),
        row("2021-01-01", None, "2023-01-01"),
    )
    assert [(event.policy_id, format_instant(event.recorded_at)[:10]) for event in ledger.events()] == [
        ("P-7", "2020-01-05"),
        ("P-1", "2022-01-01"),
        ("P-7", "2023-01-01"),
    ]


def test_end_that_nothing_explains_is_known_with_its_row(ledger: Ledger, tmp_path: Path) -> None:
    loaded(ledger, tmp_path, row("2020-01-01", "2021-01-01", "2020-01-05"), row("2021-06-01", None, "2021-07-01"))
    assert [says(ledger, "2021-03-01", at) for at in ("2020-01-05", "2021-07-01")] == [None, None]
    assert [says(ledger, "2021-08-01", at) for at in ("2020-01-05", "2021-07-01")] == [None, 2]


def test_withdrawal_is_known_when_it_took_effect(ledger: Ledger, tmp_path: Path) -> None:
    loaded(ledger, tmp_path, row("2020-01-01", "2021-01-01", "2020-01-05", withdrawn=True))
    assert [says(ledger, "2021-06-01", at) for at in ("2020-01-05", "2020-12-31", "2021-01-01")] == [
        1,
        1,
        "withdrawn",
    ]
    assert says(ledger, "2020-06-01") == 1


def test_withdrawal_of_a_row_recorded_after_it_is_known_with_the_row(ledger: Ledger, tmp_path: Path) -> None:
    loaded(ledger, tmp_path, row("2020-01-01", "2021-01-01", "2021-02-01", withdrawn=True))
    assert [says(ledger, "2021-06-01", at) for at in ("2021-01-31", "2021-02-01")] == [None, "withdrawn"]


def test_withdrawal_still_to_come_is_known_with_its_row(ledger: Ledger, tmp_path: Path) -> None:
    loaded(ledger, tmp_path, row("2020-01-01", "2026-01-01", "2020-01-05", withdrawn=True))
    assert [says(ledger, at) for at in ("2025-12-31", "2026-01-01")] == [1, "withdrawn"]


def test_withdrawal_lasts_until_the_successor_that_was_known_by_then(ledger: Ledger, tmp_path: Path) -> None:
    loaded(
        ledger,
        tmp_path,
        row("2020-01-01", "2021-01-01", "2020-01-05", withdrawn=True),
        row("2022-01-01", None, "2020-06-01"),
    )
    assert [says(ledger, at) for at in ("2020-06-01", "2021-06-01", "2022-01-01")] == [1, "withdrawn", 2]


def test_withdrawal_is_for_good_as_long_as_no_successor_was_known(ledger: Ledger, tmp_path: Path) -> None:
    loaded(
        ledger,
        tmp_path,
        row("2020-01-01", "2021-01-01", "2020-01-05", withdrawn=True),
        row("2022-01-01", None, "2022-02-01"),
    )
    assert [says(ledger, "2022-06-01", at) for at in ("2021-06-01", "2022-01-31", "2022-02-01")] == [
        "withdrawn",
        "withdrawn",
        2,
    ]
    assert says(ledger, "2021-06-01") == "withdrawn"


def test_row_withdrawn_when_its_known_successor_starts_was_never_withdrawn(ledger: Ledger, tmp_path: Path) -> None:
    loaded(
        ledger,
        tmp_path,
        row("2020-01-01", "2021-01-01", "2020-01-05", withdrawn=True),
        row("2021-01-01", None, "2020-06-01"),
    )
    assert [says(ledger, at) for at in ("2020-12-31", "2021-01-01", "2024-01-01")] == [1, 2, 2]
    assert {event.kind for event in ledger.events()} == {"publish"}


@pytest.mark.parametrize(
    "rows",
    [
        [("2020-01-01", "2021-01-01", False), ("2021-01-01", None, False)],
        [("2020-01-01", "2021-01-01", True), ("2022-01-01", "2023-01-01", True)],
        [("2020-01-01", "2021-01-01", True), ("2021-01-01", None, False)],
        [("2020-01-01", "2021-01-01", False), ("2022-01-01", None, False)],
        [("2020-01-01", "2023-01-01", True), ("2021-01-01", None, False)],
        [("2020-01-01", "2021-01-01", True), ("2021-06-01", "2022-01-01", True), ("2021-07-01", None, False)],
    ],
)
@pytest.mark.parametrize("recorded", [["2020-01-05"] * 3, ["2020-01-05", "2021-06-05", "2022-06-05"]])
def test_what_is_known_in_the_end_is_what_an_import_knows(
    ledger: Ledger, tmp_path: Path, clock: Any, record: Any, rows: list[Any], recorded: list[str]
) -> None:
    given = [row(start, end, at, withdrawn=gone) for (start, end, gone), at in zip(rows, recorded, strict=False)]
    loaded(ledger, tmp_path, *given)
    other = Ledger(LedgerStore.open(tmp_path / "other", create=True), clock)
    record(other, *load_changes(read_revisions(file(tmp_path, *given))))
    asked = [f"20{year}-{month}-01" for year in range(19, 26) for month in ("01", "03", "06", "07", "12")]
    assert [says(ledger, at) for at in asked] == [says(other, at) for at in asked]
    other.close()


def test_importing_the_same_file_after_its_load_is_no_change(ledger: Ledger, tmp_path: Path, record: Any) -> None:
    rows = [row("2020-01-01", "2021-01-01", "2020-01-05", withdrawn=True), row("2022-01-01", None, "2022-02-01")]
    loaded(ledger, tmp_path, *rows)
    before = ledger.head()
    assert record(ledger, *load_changes(read_revisions(file(tmp_path, *rows)))) == []
    assert ledger.head() == before


def test_row_without_an_instant_or_before_its_predecessor_is_refused_by_line(tmp_path: Path) -> None:
    first = row("2020-01-01", "2021-01-01", "2020-01-05")
    for second, message in (
        (row("2021-01-01", None, None), "line 2: lacks 'recorded_at'"),
        (row("2021-01-01", None, "2020-01-04"), "line 2: recorded_at is before that of the row of P-7 before it"),
    ):
        with pytest.raises(DraftError, match=message):
            recording_batches(read_revisions(file(tmp_path, first, second)), NOW)
