"""Any way of writing a citation names the same as the plain one, and leaves nothing behind in the claim."""

import itertools
import time

import pytest

from evaluator.citations.claims import find_claims
from retriever.citation_forms import citation_forms, plain_handle
from retriever.errors import BadCitation
from retriever.evidence.citations import Handle

GIVEN = ("K-1@2#3", "K-1@2#4", "terms.of_use@1#7")

ONE = (
    "[K-1@2#3]",
    "(K-1@2#3)",
    "K-1@2#3",
    "[[K-1@2#3]]",
    "\\[K-1@2#3\\]",
    "【K-1@2#3】",
    "［K-1@2#3］",
    "（K-1@2#3）",
    "[K\u20111@2#3]",
    "(K\u20101@2#3)",
    "K-1@2 #3",
    "[K-1@2#3](https://a.b/k?x=1#p3)",
    "[Source: K-1@2#3]",
    "[ID:K-1@2#3]",
    "<sup>K-1@2#3</sup>",
    "[1]",
    "[ 1 ]",
    "[\u00a01\u00a0]",
    "[^1]",
    "【1】",
    "【1†source】",
    "【1†K-1.md】",
    "［1］",
    "\\[1\\]",
    "[ID:1]",
    "[Source 1]",
    "[source: 1]",
    "[Doc 1]",
    "[1](#source-1)",
    "<sup>1</sup>",
    "<sup>[1]</sup>",
)
TWO = (
    "[K-1@2#3][K-1@2#4]",
    "[K-1@2#3, K-1@2#4]",
    "(K-1@2#3; K-1@2#4)",
    "[K-1@2#3, 4]",
    "[K-1@2#3, #4]",
    "[K-1@2#3] and [K-1@2#4]",
    "[1][2]",
    "[1] [2]",
    "[1, 2]",
    "[1;2]",
    "[1-2]",
    "[1–2]",
    "【1】【2】",
    "[^1][^2]",
    "<sup>1,2</sup>",
    "<sup>1</sup><sup>2</sup>",
    "[Sources 1, 2]",
)
PLACES = (
    "Guests may bring beer {}.",
    "Guests may bring beer. {}",
    "Guests {} may bring beer.",
    "Guests may bring beer{}.",
    "{} Guests may bring beer.",
    "- Guests may bring beer {}\n",
)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    ("form", "names"),
    [*((form, GIVEN[:1]) for form in ONE), *((form, GIVEN[:2]) for form in TWO)],
)
def test_any_form_at_any_place_gives_the_same_claim_as_the_plain_form(
    place: str, form: str, names: tuple[str, ...]
) -> None:
    if form[:1].isalnum() and "{}." in place and " {}" not in place:
        pytest.skip("a bare handle needs a space before it")
    [claim] = find_claims(place.format(form), GIVEN)
    assert tuple(cited.citation for cited in claim.citations) == names
    assert claim.text.rstrip(".") == "Guests may bring beer"


@pytest.mark.parametrize(("first", "second"), list(itertools.product(ONE[::4], ONE[1::4])))
def test_several_claims_keep_their_own(first: str, second: str) -> None:
    second = second.replace("K-1@2#3", "terms.of_use@1#7").replace("1", "3") if "@" not in second else second
    answer = f"Beer is fine {first}. Wine is not {second}."
    claims = find_claims(answer, GIVEN)
    assert [claim.text for claim in claims] == ["Beer is fine.", "Wine is not."]
    assert all(len(claim.citations) == 1 for claim in claims)


@pytest.mark.parametrize(
    ("answer", "citations"),
    [
        ("Fine [7].", ["[7]"]),
        ("Fine [K-1@2#3-2].", ["K-1@2#3-2"]),
        ("Fine [K-1@2#3–4].", ["K-1@2#3-4"]),
        ("See [1](https://example.org).", []),
        ("In 2025 (see 4) and [sic].", []),
        ("Write to me@example.org #1.", []),
    ],
)
def test_what_leads_nowhere_is_no_made_up_handle(answer: str, citations: list[str]) -> None:
    assert [form.citation for form in citation_forms(answer, GIVEN)] == citations


def test_numbers_name_what_their_definitions_cite_and_these_are_no_claims() -> None:
    answer = "Beer is fine.[^1] Wine is not.[^2]\n\n[^1]: K-1@2#3\n[^2]: House rules, K-1@2#4\n"
    for given in (None, ("other@1#1",)):
        claims = find_claims(answer, given)
        assert [(claim.text, [it.citation for it in claim.citations]) for claim in claims] == [
            ("Beer is fine.", ["K-1@2#3"]),
            ("Wine is not.", ["K-1@2#4"]),
        ]


def test_offsets_are_those_of_the_answer() -> None:
    answer = "Beer【K\u20111@2#3】 and wine <sup>2</sup>."
    assert [answer[form.start : form.end] for form in citation_forms(answer, GIVEN)] == ["K\u20111@2#3", "2"]
    assert [answer[slice(*form.outer)] for form in citation_forms(answer, GIVEN)] == [
        "【K\u20111@2#3】",
        "<sup>2</sup>",
    ]


@pytest.mark.parametrize("text", ["asof:K-1@2#3", " [K-1@2#3] ", "(K‑1@2 #3)", "[[K-1@2#3]]", "K-1@2#3"])
def test_a_handle_is_read_in_any_form(text: str) -> None:
    assert plain_handle(text) == "K-1@2#3"
    assert str(Handle.parse(text)) == "K-1@2#3"


@pytest.mark.parametrize("text", ["K-1", "asof:", "[]", "K-1@2#3 and more", "K-1@0#3", "K-1@2#3-2"])
def test_what_is_no_handle_is_refused(text: str) -> None:
    with pytest.raises(BadCitation):
        Handle.parse(text)


def test_long_answers_are_searched_at_once() -> None:
    began = time.perf_counter()
    for text in ("a" * 200_000, "[" * 200_000, "[1" * 60_000, "(K-1@2#3, " * 20_000, "1, " * 60_000, "<sup>" * 40_000):
        citation_forms(text, GIVEN)
    assert time.perf_counter() - began < 10
