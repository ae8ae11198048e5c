"""Events: what is stored, and what the hash covers."""

import hashlib
import json
from dataclasses import fields, replace
from typing import get_args

import pytest

from policies.errors import LedgerTooNew
from policies.event import GENESIS, Base, Event, Kind, Paint, Signature, event_hash
from policies.instant import FOREVER, parse_instant
from policies.period import Period

MARCH = parse_instant("2025-03-01")

PUBLISHED = Event(
    tx=1,
    recorded_at=1_740_000_000_123_456,
    kind="publish",
    policy_id="P-7",
    revision=1,
    painted=(Paint(Period(MARCH), 1, MARCH, True),),
    author="ada",
    note=None,
    previous=GENESIS,
    applies_to={"region": ("CA", "US")},
    audience=("public",),
    owner="returns-team",
    words="ab" * 32,
)


def test_canonical_form_is_the_rfc_8785_json_of_every_field() -> None:
    assert PUBLISHED.canonical().decode() == (
        '{"applies_to":{"region":["CA","US"]},"audience":["public"],"author":"ada","kind":"publish","note":null,'
        '"owner":"returns-team","painted":[["1740787200000000",null,1,"1740787200000000",true]],"policy_id":"P-7",'
        f'"previous":"{"0" * 64}","recorded_at":"1740000000123456","revision":1,"tx":1,"words":"{"ab" * 32}"}}'
    )


def test_canonical_form_holds_every_field_of_an_event() -> None:
    later = replace(
        PUBLISHED, review_by=MARCH, undoes=(1,), replace_scheduled=True, start=MARCH, corrects=2, clears=("owner",)
    )
    signature = Signature("Ann Lee", MARCH)
    later = replace(later, settings={"timezone": "UTC"}, approval=signature, forced=signature, reasons=(1,))
    assert set(json.loads(later.canonical())) == {field.name for field in fields(Event)}
    assert Event.from_content(json.loads(later.canonical())) == later


def test_event_of_a_kind_that_a_later_version_brought_is_refused_by_its_number() -> None:
    content = {**PUBLISHED.content(), "kind": "promise"}
    with pytest.raises(LedgerTooNew, match=r"Event 1 is of the kind 'promise'.* upgrade Asof"):
        Event.from_content(content)


def test_event_without_a_review_date_has_the_bytes_that_it_had_before_there_were_any() -> None:
    assert "review_by" not in PUBLISHED.content()
    assert replace(PUBLISHED, review_by=MARCH).content()["review_by"] == str(MARCH)


def test_event_comes_back_whole_from_its_content() -> None:
    for event in (PUBLISHED, replace(PUBLISHED, review_by=MARCH)):
        assert Event.from_content(json.loads(event.canonical())) == event


def test_withdrawal_with_an_end_comes_back_whole() -> None:
    event = replace(
        PUBLISHED,
        kind="withdraw",
        revision=None,
        painted=(Paint(Period(MARCH, MARCH + 1), None, MARCH, False), Paint(Period(-5, 7), None, -9, True)),
        words=None,
        note="größer",
    )
    assert Event.from_content(json.loads(event.canonical())) == event


def test_instant_past_what_a_json_number_holds_exactly_keeps_its_last_microsecond() -> None:
    end = FOREVER - 1
    assert end > 2**53
    event = replace(PUBLISHED, painted=(Paint(Period(MARCH, end), 1, MARCH, False),))
    content = json.loads(event.canonical(), parse_int=float)
    assert Event.from_content(content).painted[0].period.end == end


def test_hash_is_the_sha_256_of_the_canonical_bytes() -> None:
    assert event_hash(b"") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert event_hash(PUBLISHED.canonical()) == hashlib.sha256(PUBLISHED.canonical()).hexdigest()


@pytest.mark.parametrize(
    "change",
    [
        {"tx": 2},
        {"recorded_at": PUBLISHED.recorded_at + 1},
        {"kind": "restore"},
        {"policy_id": "P-8"},
        {"revision": 2},
        {"painted": ()},
        {"painted": (Paint(Period(MARCH), 1, MARCH, False),)},
        {"painted": (Paint(Period(MARCH), 1, MARCH - 1, True),)},
        {"author": None},
        {"note": "x"},
        {"previous": "1" * 64},
        {"applies_to": {"region": ("CA",)}},
        {"audience": ("staff",)},
        {"owner": None},
        {"words": None},
        {"review_by": MARCH},
    ],
)
def test_hash_changes_with_any_field(change: dict[str, object]) -> None:
    assert event_hash(replace(PUBLISHED, **change).canonical()) != event_hash(PUBLISHED.canonical())


def test_order_of_facets_does_not_change_the_hash() -> None:
    one = replace(PUBLISHED, applies_to={"a": ("1",), "b": ("2",)})
    other = replace(PUBLISHED, applies_to={"b": ("2",), "a": ("1",)})
    assert one.canonical() == other.canonical()


def test_kinds_are_those_of_the_design() -> None:
    paint = ("publish", "withdraw", "restore", "erase", "restrict", "undo", "unschedule", "describe")
    assert get_args(Kind) == (*paint, "settings", "sign_off")


def test_an_approval_comes_back_whole_and_an_event_without_one_keeps_its_bytes() -> None:
    signature = Signature("Ann Lee", MARCH, "d-7k2mq9xa", "0" * 64, Base(3, 12), None)
    for event in (
        replace(PUBLISHED, approval=signature),
        replace(PUBLISHED, forced=replace(signature, base=None, reason="1" * 64)),
        replace(PUBLISHED, kind="erase", words=None, reasons=(4, 9)),
    ):
        assert Event.from_content(json.loads(event.canonical())) == event
    assert not {"approval", "forced", "reasons", "settings"} & PUBLISHED.content().keys()
