"""Citations: does it exist, was it in force, are these its words; and what is said instead."""

from typing import Any

import pytest

from policies.change import Erase, Restore, Restrict, Withdraw
from policies.instant import parse_instant
from policies.revision import VersionId
from retriever.errors import BadCitation, BadQuery
from retriever.evidence.citations import Check, Handle, folded
from tests.retriever.homes import Home

BODY = "Damaged items within {} days are eligible.\n\nThe “return label” is free – always.\n\nSend a photo."


@pytest.fixture
def shop(home: Home) -> Home:
    """P-7: 7 days from 2024-01-01, 30 days from 2025-03-01, 45 days from 2035-01-01; recorded on 2024-12-01."""
    home.clock.set("2024-12-01")
    for days, effective in ((7, "2024-01-01"), (30, "2025-03-01"), (45, "2035-01-01")):
        home.publish("P-7", BODY.format(days), effective)
    home.clock.set("2025-02-01T09:00:00Z")
    return home


def found(check: Check) -> tuple[str, str, bool | None, bool | None, bool | None]:
    return check.verdict, check.reason, check.exists, check.in_force, check.quoted


class TestHandle:
    """What may be written for a citation."""

    @pytest.mark.parametrize(
        ("text", "policy_id", "number", "first", "last"),
        [
            ("P-7@3#2", "P-7", 3, 2, 2),
            ("P-7@3#2-3", "P-7", 3, 2, 3),
            ("[P-7@3#2]", "P-7", 3, 2, 2),
            (" a.b_c-9@10#11-12 ", "a.b_c-9", 10, 11, 12),
        ],
    )
    def test_handle_names_policy_revision_and_passages(
        self, text: str, policy_id: str, number: int, first: int, last: int
    ) -> None:
        assert Handle.parse(text) == Handle(VersionId(policy_id, number), first, last)

    def test_handle_is_written_without_brackets(self) -> None:
        assert str(Handle.parse("[P-7@3#2]")) == "P-7@3#2"
        assert str(Handle.parse("P-7@3#2-3")) == "P-7@3#2-3"

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "P-7",
            "P-7@3",
            "P-7#2",
            "P-7@#2",
            "P-7@3#",
            "P-7@0#1",
            "P-7@3#0",
            "P-7@03#1",
            "P-7@3#2-2",
            "P-7@3#3-2",
            "P-7@3#2-",
            "P-7@3#-2",
            "P-7@3#2,3",
            "P-7@3#2 and more",
            "../x@3#2",
            "-P@3#2",
            "P 7@3#2",
            "P-7@٣#2",
            "P-7@3#1.5",
            "P-7@9999999999#1",
        ],
    )
    def test_what_is_no_handle_is_refused_and_named(self, text: str) -> None:
        with pytest.raises(BadCitation) as caught:
            Handle.parse(text)
        assert repr(text) in str(caught.value)
        assert "P-7@3#2" in str(caught.value)


class TestSupported:
    """Citations that hold."""

    def test_citation_in_force_without_a_quote_is_supported(self, shop: Home) -> None:
        check = shop.asof.cite("P-7@1#1", as_of="2025-02-01")
        assert found(check) == ("supported", "supported", True, True, None)
        assert check.text == "Damaged items within 7 days are eligible."
        assert check.instead is None

    def test_citation_in_force_with_its_words_is_supported(self, shop: Home) -> None:
        check = shop.asof.cite("P-7@2#1", "within 30 days", as_of="2025-03-01")
        assert found(check) == ("supported", "supported", True, True, True)

    def test_instant_is_now_where_none_is_given(self, shop: Home) -> None:
        assert shop.asof.cite("P-7@1#1").verdict == "supported"
        shop.clock.set("2025-03-01")
        assert shop.asof.cite("P-7@1#1").verdict == "not_supported"
        assert shop.asof.cite("P-7@2#1").verdict == "supported"

    @pytest.mark.parametrize(
        "quote",
        [
            "The “return label” is free – always.",
            'The "return label" is free - always.',
            "The «return label» is free — always.",
            "The  “return\n label” is\tfree\u00a0– always. ",
            "The \uff02return label\uff02 is free \u2212 always.",
            "The return label"[:4] + "„return label‟ is free",
            "\ufb01"[:0] + "is \uff46ree",
        ],
    )
    def test_quote_is_found_after_folding_quotation_marks_dashes_white_space_and_unicode_form(
        self, shop: Home, quote: str
    ) -> None:
        assert shop.asof.cite("P-7@1#2", quote, as_of="2025-02-01").quoted is True

    def test_folding_makes_alike_what_looks_alike_and_leaves_letters_and_case(self) -> None:
        assert folded(" “a”\u00a0‘b’\n—c\u2009´d` ") == "\"a\" 'b' -c 'd'"
        assert folded("\ufb01ne \u2460 e\u0301") == "fine 1 é"
        assert folded("Free") != folded("free")

    def test_merged_handle_holds_both_passages_and_what_stands_between(self, shop: Home) -> None:
        check = shop.asof.cite("P-7@1#1-2", "eligible. The “return", as_of="2025-02-01")
        assert found(check) == ("supported", "supported", True, True, True)
        assert check.text == "Damaged items within 7 days are eligible.\n\nThe “return label” is free – always."


class TestQuote:
    """Words that are not the passage's."""

    @pytest.mark.parametrize(
        "quote",
        [
            "within 30 days",
            "damaged items within 7 days",
            "Damaged items are eligible",
            "Send a photo.",
            "eligible. The “return",
            "Damaged items within 7 days are eligible.\n\nThe",
            "policy: P-7",
            "",
            " \n",
        ],
    )
    def test_words_that_are_not_in_the_cited_passage_are_no_quote(self, shop: Home, quote: str) -> None:
        check = shop.asof.cite("P-7@1#1", quote, as_of="2025-02-01")
        assert found(check) == ("not_supported", "quote_not_found", True, True, False)
        assert "P-7@1#1" in check.detail

    def test_stale_citation_with_a_wrong_quote_says_both(self, shop: Home) -> None:
        check = shop.asof.cite("P-7@1#1", "within 99 days", as_of="2025-04-01")
        assert found(check) == ("not_supported", "not_in_force", True, False, False)
        assert "The quote is not among its words either" in check.detail


class TestExistence:
    """Citations of nothing."""

    @pytest.mark.parametrize("citation", ["P-7@4#1", "P-404@1#1"])
    def test_revision_that_does_not_exist(self, shop: Home, citation: str) -> None:
        check = shop.asof.cite(citation, as_of="2025-02-01")
        assert found(check) == ("not_supported", "unknown_version", False, None, None)
        assert check.detail == f"There is no revision {citation[:-2]}"

    @pytest.mark.parametrize("citation", ["P-7@1#4", "P-7@1#3-4"])
    def test_passage_that_does_not_exist(self, shop: Home, citation: str) -> None:
        check = shop.asof.cite(citation, as_of="2025-02-01")
        assert found(check) == ("not_supported", "unknown_passage", False, True, None)
        assert "passages 1 to 3" in check.detail

    def test_revision_not_yet_recorded_at_known_at_does_not_exist(self, shop: Home) -> None:
        assert shop.asof.cite("P-7@1#1", as_of="2025-02-01", known_at="2024-11-30").reason == "unknown_version"

    def test_unreadable_revision_is_told_like_one_that_does_not_exist(self, shop: Home) -> None:
        shop.write(Restrict(VersionId("P-7", 1), ("legal",)))
        check = shop.asof.cite("P-7@1#1", "within 7 days", as_of="2025-02-01")
        assert found(check) == ("not_supported", "unknown_version", False, None, None)
        assert check.detail == "There is no revision P-7@1"
        assert check.text is None
        assert shop.asof.cite("P-7@1#1", as_of="2025-02-01", audience=["legal"]).verdict == "supported"

    def test_erased_words_cannot_be_told(self, shop: Home) -> None:
        shop.write(Erase(VersionId("P-7", 1), "court order"))
        check = shop.asof.cite("P-7@1#1", "within 7 days", as_of="2025-02-01")
        assert found(check) == ("cannot_tell", "erased", None, True, None)
        assert check.text is None


class TestInForce:
    """Citations of another time."""

    def test_stale_citation_names_the_wording_in_force(self, shop: Home) -> None:
        check = shop.asof.cite("P-7@1#1", "within 7 days", as_of="2025-04-01")
        assert found(check) == ("not_supported", "not_in_force", True, False, True)
        assert check.content()["in_force_instead"] == {
            "citation": "P-7@2#1",
            "text": "Damaged items within 30 days are eligible.",
            "section": [],
            "governed_by": [],
            "valid_from": "2025-03-01T00:00:00Z",
            "valid_to": "2035-01-01T00:00:00Z",
        }
        assert "P-7@2" in check.detail
        assert "Damaged items within 30 days are eligible." in check.detail

    def test_revision_not_yet_in_force_names_the_wording_in_force(self, shop: Home) -> None:
        check = shop.asof.cite("P-7@3#1", "within 45 days", as_of="2025-04-01")
        assert found(check) == ("not_supported", "not_in_force", True, False, True)
        assert check.instead is not None
        assert check.instead.citation == "P-7@2#1"

    def test_place_named_instead_is_the_most_similar_passage(self, shop: Home) -> None:
        shop.publish("P-7", "# Moved\n\nSend a photo.\n\nDamaged items within 60 days are eligible.", "2025-05-01")
        instead = shop.asof.cite("P-7@2#1", as_of="2025-06-01").instead
        assert instead is not None
        assert (instead.citation, instead.text) == ("P-7@4#2", "Damaged items within 60 days are eligible.")

    def test_before_anything_was_in_force_the_next_start_is_named(self, shop: Home) -> None:
        check = shop.asof.cite("P-7@1#1", as_of="2023-06-01")
        assert found(check) == ("not_supported", "not_in_force", True, False, None)
        assert "2024-01-01" in check.detail
        assert check.instead is None

    def test_withdrawn_policy_says_so(self, shop: Home) -> None:
        shop.write(Withdraw("P-7", parse_instant("2025-06-01"), parse_instant("2025-07-01")))
        check = shop.asof.cite("P-7@2#1", as_of="2025-06-15")
        assert found(check) == ("not_supported", "not_in_force", True, False, None)
        assert "withdrawn" in check.detail
        assert shop.asof.cite("P-7@2#1", as_of="2025-07-01").verdict == "supported"

    def test_restored_policy_is_in_force_again(self, shop: Home) -> None:
        shop.write(Withdraw("P-7", parse_instant("2025-06-01")))
        shop.write(Restore("P-7", parse_instant("2025-06-10")))
        assert shop.asof.cite("P-7@2#1", as_of="2025-06-09").reason == "not_in_force"
        assert shop.asof.cite("P-7@2#1", as_of="2025-06-10").verdict == "supported"

    def test_correction_counts_only_from_when_it_was_known(self, shop: Home) -> None:
        shop.publish("P-7", BODY.format(14), "2024-01-01", recorded="2025-02-10")
        assert shop.asof.cite("P-7@1#1", as_of="2025-02-01", known_at="2025-02-09").verdict == "supported"
        after = shop.asof.cite("P-7@1#1", as_of="2025-02-01")
        assert after.reason == "not_in_force"
        assert after.instead is not None
        assert after.instead.citation == "P-7@4#1"

    def test_unreadable_revision_in_force_is_not_named_instead(self, shop: Home) -> None:
        shop.write(Restrict(VersionId("P-7", 2), ("legal",)))
        check = shop.asof.cite("P-7@1#1", as_of="2025-04-01")
        assert check.reason == "not_in_force"
        assert check.instead is None
        assert "P-7@2" not in check.detail
        assert "30 days" not in check.detail

    def test_start_of_an_unreadable_revision_is_not_named(self, shop: Home) -> None:
        shop.publish("P-9", "Soon.", "2025-06-01", until="2025-07-01", audience="[legal]")
        shop.publish("P-9", "Later.", "2026-01-01")
        early = shop.asof.cite("P-9@2#1", as_of="2025-02-01")
        assert "2025-06-01" not in early.detail
        assert "2026-01-01" in early.detail
        assert "2025-06-01" in shop.asof.cite("P-9@2#1", as_of="2025-02-01", audience=["legal"]).detail

    def test_erased_revision_in_force_is_named_as_erased(self, shop: Home) -> None:
        shop.write(Erase(VersionId("P-7", 2), "court order"))
        check = shop.asof.cite("P-7@1#1", as_of="2025-04-01")
        assert check.reason == "not_in_force"
        assert check.instead is None
        assert "P-7@2" in check.detail
        assert "erased" in check.detail


class TestRequest:
    """What a check is asked with and gives."""

    @pytest.mark.parametrize("fields", [{"as_of": "soon"}, {"known_at": "2025-02-30"}, {"audience": "legal"}])
    def test_bad_field_is_refused_by_name(self, shop: Home, fields: dict[str, Any]) -> None:
        with pytest.raises(BadQuery) as caught:
            shop.asof.cite("P-7@1#1", **fields)
        assert caught.value.field in fields

    def test_known_at_past_what_is_recorded_is_refused(self, shop: Home) -> None:
        with pytest.raises(BadQuery, match="known_at"):
            shop.asof.cite("P-7@1#1", known_at="2025-01-31")

    def test_content_of_a_check(self, shop: Home) -> None:
        assert shop.asof.cite("P-7@2#3", "Send a photo", as_of="2025-04-01").content() == {
            "citation": "P-7@2#3",
            "verdict": "supported",
            "reason": "supported",
            "detail": "P-7@2 was in force on 2025-04-01T00:00:00Z and says this",
            "checks": {"exists": True, "in_force": True, "quote": True},
            "as_of": "2025-04-01T00:00:00Z",
            "quotation": {
                "char_start": 144,
                "char_end": 156,
                "struck": False,
                "sentence": "Send a photo.",
                "cut": [],
            },
            "text": "Send a photo.",
            "section": [],
            "governed_by": [],
            "in_force_instead": None,
        }


TOOLS = """# Tools

Members must not lend:

- a ladder
- any saw with a motor

## Hand tools

Hammers may be lent for a week.
"""


class TestGoverningWords:
    """What stands outside the cited words and decides how they are meant."""

    @pytest.fixture
    def shed(self, home: Home) -> Home:
        home.clock.set("2024-12-01")
        home.publish("T-1", TOOLS, "2025-01-01")
        home.publish("T-1", TOOLS.replace("must not lend", "may lend"), "2025-03-01")
        home.clock.set("2025-02-01")
        return home

    def test_a_cited_item_comes_with_its_lead_in(self, shed: Home) -> None:
        check = shed.asof.cite("T-1@1#3", "any saw")
        assert check.text == "any saw with a motor"
        (lead_in,) = check.governed_by
        source = shed.asof.ledger.revision(VersionId("T-1", 1), shed.asof.ledger.timeline()).text
        assert (lead_in.kind, lead_in.text) == ("lead_in", "Members must not lend:")
        assert source[lead_in.char_start : lead_in.char_end] == lead_in.text
        assert check.content()["governed_by"] == [lead_in.content()]

    def test_a_cited_block_holds_its_lead_in_itself(self, shed: Home) -> None:
        assert shed.asof.cite("T-1@1#1-3").governed_by == ()
        assert shed.asof.cite("T-1@1#4").governed_by == ()

    def test_what_is_in_force_instead_comes_with_its_own(self, shed: Home) -> None:
        check = shed.asof.cite("T-1@1#2", as_of="2025-04-01")
        assert [it.text for it in check.governed_by] == ["Members must not lend:"]
        assert check.instead is not None
        assert (check.instead.citation, check.instead.text) == ("T-1@2#2", "a ladder")
        assert [it.text for it in check.instead.governed_by] == ["Members may lend:"]

    def test_they_are_the_same_without_an_index(self, shed: Home) -> None:
        with_index = shed.asof.cite("T-1@1#2").content()
        (shed.path / "index" / "manifest.json").unlink()
        assert shed.open().cite("T-1@1#2").content() == with_index

    def test_passages_that_do_not_exist_or_were_erased_have_none(self, shed: Home) -> None:
        assert shed.asof.cite("T-1@1#9").governed_by == ()
        shed.write(Erase(VersionId("T-1", 1), "court order"))
        assert shed.asof.cite("T-1@1#2").governed_by == ()


def test_quote_of_combining_marks_without_end_is_refused_by_its_field(shop: Home) -> None:
    with pytest.raises(BadQuery, match=r"^quote: holds more than 30 combining marks in a row"):
        shop.asof.cite("P-7@1#1", "a" + "\u0301" * 31)


class TestComments:
    """Words of HTML comments, which no reader of the page sees."""

    BODY = "Paid within 30 days. <!-- 60 days from May -->\n\n- Managers <!-- but for Smith --> decide.\n"

    @pytest.fixture
    def paid(self, home: Home) -> Home:
        home.publish("C-1", self.BODY, "2024-01-01")
        return home

    @pytest.mark.parametrize(
        ("passage", "quote", "verdict"),
        [
            (1, "within 30 days", "supported"),
            (1, "60 days", "not_supported"),
            (1, "within 30 days. 60 days", "not_supported"),
            (2, "Managers decide", "supported"),
            (2, "but for Smith", "not_supported"),
            (2, "Managers but for Smith decide", "not_supported"),
        ],
    )
    def test_they_are_no_quotation(self, paid: Home, passage: int, quote: str, verdict: str) -> None:
        assert paid.asof.cite(f"C-1@1#{passage}", quote).verdict == verdict

    def test_they_are_in_no_evidence_that_a_prompt_shows(self, paid: Home) -> None:
        for item in paid.ask("60 days from May but for Smith", policies=["C-1"], k=5)["evidence"]:
            assert "May" not in item["words"]
            assert "Smith" not in item["words"]


class TestRegoverned:
    """A stale citation of words that stand under others now."""

    @pytest.fixture
    def bar(self, home: Home) -> Home:
        home.publish("B-1", "Guests may bring:\n\n- beer\n- wine\n", "2024-01-01")
        home.publish("B-1", "Guests must not bring:\n\n- beer\n- wine\n", "2025-01-01")
        return home

    def test_both_sides_are_told_with_what_governs_them(self, bar: Home) -> None:
        check = bar.asof.cite("B-1@1#2", as_of="2025-02-01")
        assert check.regoverned
        assert check.instead is not None
        assert check.instead.citation == "B-1@2#2"
        for words in ("Guests may bring:", "Guests must not bring:"):
            assert words in check.detail

    def test_a_run_of_passages_is_found_as_a_run(self, bar: Home) -> None:
        check = bar.asof.cite("B-1@1#2-3", as_of="2025-02-01")
        assert check.instead is not None
        assert (check.instead.citation, check.regoverned) == ("B-1@2#2-3", True)

    def test_of_equal_words_those_under_the_same_words_are_meant(self, home: Home) -> None:
        may, not_ = "Guests may bring:\n\n- beer\n", "Guests must not bring:\n\n- beer\n"
        home.publish("B-2", f"{may}\n\n{not_}", "2024-01-01")
        home.publish("B-2", f"{not_}\n\n{may}", "2025-01-01")
        for cited, instead in ((2, 4), (4, 2)):
            check = home.asof.cite(f"B-2@1#{cited}", as_of="2025-02-01")
            assert check.instead is not None
            assert (check.instead.citation, check.regoverned) == (f"B-2@2#{instead}", False)

    def test_another_heading_is_another_word_over_it(self, home: Home) -> None:
        home.publish("B-3", "## Allowed drinks\n\nbeer\n", "2024-01-01")
        home.publish("B-3", "## Forbidden drinks\n\nbeer\n", "2025-01-01")
        check = home.asof.cite("B-3@1#1", as_of="2025-02-01")
        assert check.regoverned
        assert 'under "Forbidden drinks"' in check.detail
