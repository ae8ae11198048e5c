"""What a form was sent with, and what it begins with."""

import pytest

from policies.sources.draft import parse_draft
from retriever.entrypoints.http.pages.drafting.form import file_name, template, words_of


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("p7.md", "p7.md"),
        ("C:\\Users\\bo\\p7.md", "p7.md"),
        ("../../etc/passwd", "passwd"),
        ('"><img src=x>.md', "_img src=x_.md"),
        ("a\nb.md", "a_b.md"),
        ("Rückgabe 7.md", "Rückgabe 7.md"),
        ("/", "The file"),
        ("x" * 300, "x" * 100),
    ],
)
def test_the_name_of_a_file_is_one_line_without_folders_or_markup(sent: str, shown: str) -> None:
    assert file_name(sent) == shown


def test_a_template_names_the_policy_that_was_asked_for_and_todays_date() -> None:
    words = template("2026-01-15", "P-7").replace("title: ", "title: Damaged items ")
    draft = parse_draft(words, "it")
    assert (draft.policy_id, draft.title, draft.valid_from) == ("P-7", "Damaged items", None)
    assert "# effective: 2026-01-15\n# through: 2026-12-31\n" in words


def shown(text: str, **fields: object) -> dict[str, object]:
    return {"text": text, "policy_id": "P-7", "title": "It's: 7", "audience": ["public"], "owner": None} | fields


def test_words_to_edit_lose_the_beginning_and_the_note_of_their_revision() -> None:
    front = "policy: P-7\ntitle: T\neffective: 2025-03-01\nnote: >\n  Shorter,\n  since\nuntil: 2030-01-01\n"
    text = f"---\n{front}---\neffective: stays here\n"
    expected = "---\npolicy: P-7\ntitle: T\nuntil: 2030-01-01\n---\neffective: stays here\n"
    assert words_of(shown(text)) == expected
    assert words_of(shown(text.replace("\n", "\r\n"))).replace("\r\n", "\n") == expected


def test_words_that_came_without_front_matter_get_what_is_recorded_of_them() -> None:
    fields = {"owner": "returns-team", "audience": ["legal"], "applies_to": {"region": ["NO", "US"]}}
    draft = parse_draft(words_of(shown("Words.\n", **fields)), "it")
    assert (draft.policy_id, draft.title, draft.owner) == ("P-7", "It's: 7", "returns-team")
    assert (draft.audience, dict(draft.applies_to)) == (("legal",), {"region": ("NO", "US")})
    assert draft.text.endswith("---\nWords.\n")
