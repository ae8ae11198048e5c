"""Normal forms in bounded time: what real writing says is Unicode's own, and a run of marks is cut."""

import sys
import unicodedata
from typing import Literal, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.normal_form import _RUN, MOST_MARKS, normalised, too_many_marks

Form = Literal["NFC", "NFD", "NFKC", "NFKD"]
ACUTE, BELOW, JOINER = "\u0301", "\u0316", "\u034f"

WRITING = {
    "Vietnamese": unicodedata.normalize("NFD", "Quyền trả hàng trong vòng 30 ngày, kể từ khi nhận."),
    "Hebrew with points and accents": "בְּרֵאשִׁ֖ית בָּרָ֣א",
    "Arabic with vowels": "الْحَمْدُ لِلَّهِ مُحَمَّدٌ",
    "Devanagari": "क्षतिग्रस्त सामान फ़ाँ",
    "Thai": "สินค้าที่ชำรุด น้ำ ที่",
    "Tibetan": "\u0f66\u0f90\u0fb1\u0f7a\u0f56 \u0f67\u0f71\u0f74\u0f83",
    "Korean by letters": "\u1100\u1161\u11a8" * 40,
    "Japanese of half width": "\uff76\uff9e\uff8a\uff9f" * 40,
    "a line": "\u2500" * 80 + "\n" + "\u2014" * 80,
    "as many as there may be": "a" + ACUTE * MOST_MARKS,
}


@pytest.mark.parametrize("form", get_args(Form))
@pytest.mark.parametrize("text", WRITING.values(), ids=WRITING)
def test_real_writing_is_taken_in_and_has_the_form_that_unicode_gives_it(form: Form, text: str) -> None:
    assert too_many_marks(text) is None
    assert normalised(form, text) == unicodedata.normalize(form, text)


def test_a_run_past_the_limit_is_found_where_it_begins() -> None:
    assert too_many_marks("ab" + ACUTE * 31 + "c") == 2
    assert too_many_marks("a" + (ACUTE * 30 + "b") * 40) is None
    assert too_many_marks("\u2014" * 40 + "a" + BELOW * 31) == 41


@pytest.mark.parametrize("mark", ["\u0301", "\u0344", "\u3099", "\uff9e", "\u0f73", "\U0001d165"])
def test_marks_of_every_kind_count(mark: str) -> None:
    assert too_many_marks("a" + mark * 31) == 1


def test_whatever_may_be_reordered_is_looked_at() -> None:
    every = (chr(code) for code in range(sys.maxunicode + 1) if not 0xD800 <= code <= 0xDFFF)
    combining = [one for one in every if unicodedata.combining(unicodedata.normalize("NFKD", one)[0])]
    assert len(combining) > 800
    assert all(_RUN.fullmatch(one * 31) for one in combining)


def test_a_longer_run_is_sorted_thirty_marks_at_a_time() -> None:
    run = (ACUTE + BELOW) * 20
    assert normalised("NFD", "e" + run) == "e" + BELOW * 15 + ACUTE * 15 + JOINER + BELOW * 5 + ACUTE * 5
    assert normalised("NFC", "e" + run + "e" + ACUTE).endswith("\u00e9")


@given(
    st.text(st.sampled_from("ae\u0301\u0316\u0344\u0327\u05b0\uff9e\u3099\u0f73\u2014 ."), max_size=200),
    st.sampled_from(get_args(Form)),
)
def test_nothing_is_lost_and_short_runs_are_unicodes_own(text: str, form: Form) -> None:
    made = normalised(form, text)
    assert sorted(unicodedata.normalize("NFKD", made.replace(JOINER, ""))) == sorted(
        unicodedata.normalize("NFKD", text)
    )
    if too_many_marks(text) is None:
        assert made == unicodedata.normalize(form, text)
