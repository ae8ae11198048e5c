"""Authored files: what is accepted, and what is refused with a message that names where."""

import re
from pathlib import Path

import pytest

from policies.calendar import Calendar
from policies.errors import DraftError
from policies.instant import parse_instant
from policies.sources.draft import MAX_BYTES, front_matter_end, front_matter_metadata, parse_draft, read_draft

BODY = "# Damaged items\nDamaged items within 30 days are eligible.\n"


def authored(*lines: str, body: str = BODY) -> str:
    """A file with policy and title on lines 2 and 3, and the lines given from line 4 on."""
    return "\n".join(["---", "policy: P-7", "title: Damaged items", *lines, "---", body])


def refusal(text: str) -> str:
    with pytest.raises(DraftError) as caught:
        parse_draft(text, "P-7.md")
    return str(caught.value)


def written(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "P-7.md"
    path.write_bytes(content)
    return path


def test_file_as_in_the_design_is_read_field_by_field(tmp_path: Path) -> None:
    text = (
        "---\n"
        "policy: P-7\n"
        "title: Damaged items\n"
        "effective: 2025-03-01          # date (00:00 UTC) or RFC 3339 instant; default now\n"
        "until: 2026-01-01              # optional\n"
        "owner: returns-team\n"
        "note: agreed with legal\n"
        "applies_to: {region: [US, CA]} # optional facets, matched against trusted facts\n"
        "audience: [staff, public]\n"
        "---\n"
        "# Damaged items\n"
        "Damaged items within 30 days are eligible.\n"
    )
    draft = read_draft(written(tmp_path, text.encode()))
    assert draft.policy_id == "P-7"
    assert draft.title == "Damaged items"
    assert draft.text == text
    assert draft.where == str(tmp_path / "P-7.md")
    assert draft.valid_from == parse_instant("2025-03-01T00:00:00Z")
    assert draft.valid_to == parse_instant("2026-01-01T00:00:00Z")
    assert draft.owner == "returns-team"
    assert draft.note == "agreed with legal"
    assert draft.applies_to == {"region": ("CA", "US")}
    assert draft.audience == ("public", "staff")


def test_only_policy_and_title_are_needed() -> None:
    draft = parse_draft(authored(), "P-7.md")
    assert (draft.valid_from, draft.valid_to, draft.owner, draft.note, draft.author) == (None,) * 5
    assert draft.applies_to == {}
    assert draft.audience == ("public",)


def test_effective_may_be_an_instant_in_any_zone() -> None:
    draft = parse_draft(authored("effective: 2025-03-01T01:00:00+01:00"), "P-7.md")
    assert draft.valid_from == parse_instant("2025-03-01")


def test_review_by_is_an_instant_as_any_other_date() -> None:
    assert parse_draft(authored("review_by: 2026-06-01"), "P-7.md").review_by == parse_instant("2026-06-01")
    assert parse_draft(authored(), "P-7.md").review_by is None
    with pytest.raises(DraftError, match="review_by: 'soon' is neither a date"):
        parse_draft(authored("review_by: soon"), "P-7.md")


# Days of a time zone


def test_days_are_those_of_the_zone_that_the_file_names_else_of_the_home() -> None:
    home = Calendar.of("Asia/Kathmandu")
    dates = ("effective: 2025-03-01", "until: 2025-07-01", "review_by: 2025-06-01")
    by_home = parse_draft(authored(*dates), "P-7.md", home)
    assert (by_home.valid_from, by_home.valid_to, by_home.review_by) == tuple(
        map(parse_instant, ("2025-02-28T18:15:00Z", "2025-06-30T18:15:00Z", "2025-05-31T18:15:00Z"))
    )
    by_file = parse_draft(authored("timezone: America/New_York", *dates), "P-7.md", home)
    assert (by_file.valid_from, by_file.valid_to, by_file.review_by) == tuple(
        map(parse_instant, ("2025-03-01T05:00:00Z", "2025-07-01T04:00:00Z", "2025-06-01T04:00:00Z"))
    )
    assert (by_home.calendar.name, by_file.calendar.name) == ("Asia/Kathmandu", "America/New_York")


def test_zone_moves_no_instant() -> None:
    draft = parse_draft(authored("timezone: America/New_York", "effective: 2025-03-01T09:00:00+01:00"), "P-7.md")
    assert draft.valid_from == parse_instant("2025-03-01T08:00:00Z")


def test_unknown_zone_is_refused_with_the_nearest_name() -> None:
    assert refusal(authored("timezone: New York")) == (
        "P-7.md: timezone: 'New York' is no time zone; did you mean America/New_York?"
    )
    assert refusal(authored("timezone: [UTC]")).startswith("P-7.md: timezone is ['UTC']; write one line of text")


def test_through_names_the_last_day() -> None:
    assert parse_draft(authored("through: 2025-12-31"), "P-7.md").valid_to == parse_instant("2026-01-01")
    over_a_change_of_clocks = authored("timezone: America/New_York", "effective: 2025-03-09", "through: 2025-03-09")
    draft = parse_draft(over_a_change_of_clocks, "P-7.md")
    assert draft.valid_from == parse_instant("2025-03-09T05:00:00Z")
    assert draft.valid_to == parse_instant("2025-03-10T04:00:00Z")  # 23 hours


def test_through_is_no_instant_stands_alone_and_comes_not_before_the_start() -> None:
    assert refusal(authored("through: 2025-12-31T12:00:00Z")) == (
        "P-7.md: through: '2025-12-31T12:00:00Z' is no day such as 2025-12-31; where a period ends at an instant, "
        "give until"
    )
    assert refusal(authored("until: 2026-01-01", "through: 2025-12-31")) == (
        "P-7.md: front matter has until and through; keep one: through is the last day, until the end"
    )
    assert "the day after through is not after effective" in refusal(
        authored("effective: 2025-03-02", "through: 2025-03-01")
    )
    assert "through is []; write a date" in refusal(authored("through: []"))


# YAML that stays text


@pytest.mark.parametrize("scalar", ["NO", "1.10", "1e3", "2025-03-01", "true", "null", "~", "0x1F", "12:30:00", "010"])
def test_scalar_that_yaml_would_convert_stays_the_string_it_is(scalar: str) -> None:
    lines = (f"owner: {scalar}", f"applies_to: {{region: [{scalar}]}}")
    draft = parse_draft(authored(*lines).replace("Damaged items", scalar, 1), "P-7.md")
    assert draft.owner == scalar
    assert draft.title == scalar
    assert draft.applies_to == {"region": (scalar,)}


def test_facet_that_yaml_would_convert_stays_the_string_it_is() -> None:
    assert parse_draft(authored("applies_to: {NO: [1.10]}"), "P-7.md").applies_to == {"NO": ("1.10",)}


def test_single_value_of_a_facet_or_audience_needs_no_list() -> None:
    draft = parse_draft(authored("applies_to: {region: US}", "audience: staff"), "P-7.md")
    assert draft.applies_to == {"region": ("US",)}
    assert draft.audience == ("staff",)


def test_values_are_sorted_and_kept_once_so_that_their_order_says_nothing() -> None:
    draft = parse_draft(authored("applies_to: {b: [2, 1, 2], a: [x]}", "audience: [z, y, z]"), "P-7.md")
    assert list(draft.applies_to.items()) == [("a", ("x",)), ("b", ("1", "2"))]
    assert draft.audience == ("y", "z")


# The source stays untouched


def test_crlf_source_is_kept_as_it_is(tmp_path: Path) -> None:
    source = authored("owner: returns-team").replace("\n", "\r\n")
    draft = read_draft(written(tmp_path, source.encode()))
    assert draft.text == source
    assert draft.text.count("\r\n") == 7
    assert draft.owner == "returns-team"


def test_byte_order_mark_is_read_over_and_kept_in_the_text(tmp_path: Path) -> None:
    draft = read_draft(written(tmp_path, b"\xef\xbb\xbf" + authored().encode()))
    assert draft.policy_id == "P-7"
    assert draft.text == "\ufeff" + authored()


def test_offset_after_the_front_matter_counts_code_points() -> None:
    text = "---\npolicy: P-7\ntitle: Größe 📦\n---\nBody"
    assert text[front_matter_end(text) :] == "Body"
    assert front_matter_end("# No front matter\n---\nx\n---\n") == 0


def test_line_of_dashes_in_the_body_ends_nothing() -> None:
    draft = parse_draft(authored(body="Above.\n\n---\n\nBelow.\n"), "P-7.md")
    assert draft.text[front_matter_end(draft.text) :] == "Above.\n\n---\n\nBelow.\n"


def test_front_matter_may_close_at_the_end_of_a_line_with_spaces() -> None:
    assert parse_draft("--- \npolicy: P-7\ntitle: T\n---\t\nBody", "x").title == "T"


# Refused, by name


def test_missing_front_matter_is_refused_with_an_example() -> None:
    message = refusal("# Damaged items\nWords.\n")
    assert message.startswith("P-7.md: has no front matter")
    assert "policy: P-7" in message


def test_front_matter_that_never_closes_is_refused() -> None:
    told = "P-7.md, line 4: the front matter that line 1 begins is not closed; write a line --- before this line"
    assert refusal("---\npolicy: P-7\ntitle: T\nWords.\n") == told


def test_front_matter_that_closes_at_a_line_of_its_words_is_refused_where_they_begin() -> None:
    message = refusal("---\npolicy: P-7\ntitle: T\n\n# Gifts\n\nThey may be returned.\n\n---\n\nMore.\n")
    assert message.startswith("P-7.md, line 4: front matter: ")
    assert message.endswith("; if the policy's words begin here, write a line --- before this line")


def test_empty_front_matter_is_refused() -> None:
    assert refusal("---\n---\nWords.\n") == "P-7.md: front matter is not a set of `key: value` lines"


def test_front_matter_that_is_a_list_is_refused() -> None:
    assert "not a set of `key: value` lines" in refusal("---\n- policy\n- title\n---\nWords.\n")


def test_unknown_key_is_named_beside_the_known_ones() -> None:
    message = refusal(authored("efective: 2025-03-01"))
    assert message.startswith("P-7.md: front matter has an unknown key 'efective'")
    assert "effective" in message.partition("known keys are")[2]


@pytest.mark.parametrize("key", ["policy", "title"])
def test_missing_key_is_named(key: str) -> None:
    lines = [line for line in authored().split("\n") if not line.startswith(key)]
    assert refusal("\n".join(lines)) == f"P-7.md: front matter lacks '{key}'"


@pytest.mark.parametrize("field", ["effective", "until"])
@pytest.mark.parametrize("value", ["2025-02-30", "01.03.2025", "next week", "2025-03-01T09:00:00", "", "~", "1e3"])
def test_bad_date_names_its_field(field: str, value: str) -> None:
    message = refusal(authored(f"{field}: {value}"))
    assert message.startswith(f"P-7.md: {field}: {value!r}")


def test_list_where_a_date_belongs_names_its_field() -> None:
    assert refusal(authored("until: [2025-03-01]")).startswith("P-7.md: until is ['2025-03-01']")


@pytest.mark.parametrize("until", ["2025-02-28", "2025-03-01", "2025-03-01T00:00:00+01:00"])
def test_until_that_is_not_after_effective_is_refused(until: str) -> None:
    message = refusal(authored("effective: 2025-03-01", f"until: {until}"))
    assert message == "P-7.md: until is not after effective; a period ends after it begins"


@pytest.mark.parametrize("body", ["", "\n", "   \n\t\n", "\r\n\u00a0\n"])
def test_empty_body_is_refused(body: str) -> None:
    assert refusal(authored(body=body)) == "P-7.md: has no words after its front matter"


@pytest.mark.parametrize(
    "policy_id", ["../x", "a/b", "a\\\\b", ".hidden", "-x", "P 7", "P-7@3", "P-7#2", "Ä-1", "٣", "x" * 201]
)
def test_policy_id_that_is_a_path_or_anything_but_a_plain_name_is_refused(policy_id: str) -> None:
    message = refusal(authored().replace("policy: P-7", f'policy: "{policy_id}"'))
    assert message.startswith("P-7.md: policy is ")
    assert "letter or digit" in message


def test_policy_id_of_two_hundred_characters_is_accepted() -> None:
    assert parse_draft(authored().replace("P-7", "x" * 200, 1), "P-7.md").policy_id == "x" * 200


@pytest.mark.parametrize("field", ["title", "owner", "note"])
@pytest.mark.parametrize("value", ['""', '"  "', "[a, b]", "{a: b}", '"two\\nlines"'])
def test_field_that_is_not_one_line_of_text_is_named(field: str, value: str) -> None:
    lines = [line for line in authored(f"{field}: {value}").split("\n") if line != "title: Damaged items"]
    if field != "title":
        lines.insert(1, "title: Damaged items")
    assert refusal("\n".join(lines)).startswith(f"P-7.md: {field} is ")


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("applies_to: [region]", "applies_to is ['region']"),
        ("applies_to: US", "applies_to is 'US'"),
        ("applies_to: {region: []}", "applies_to.region is empty"),
        ("applies_to: {region: {a: b}}", "applies_to.region is {'a': 'b'}"),
        ("applies_to: {region: [[US]]}", "applies_to.region is ['US']"),
        ("applies_to: {'': [US]}", "a facet of applies_to is ''"),
        ("audience: []", "audience is empty"),
        ("audience: ['']", "audience is ''"),
        ("audience: {public: yes}", "audience is {'public': 'yes'}"),
    ],
)
def test_bad_facets_and_labels_are_named(line: str, named: str) -> None:
    assert refusal(authored(line)).startswith(f"P-7.md: {named}")


def test_key_given_twice_names_the_line_of_the_second() -> None:
    message = refusal(authored("owner: a", "owner: b"))
    assert message == "P-7.md, line 5: front matter: the key 'owner' is given twice"


def test_facet_given_twice_names_its_line() -> None:
    assert refusal(authored("applies_to:", "  region: US", "  region: CA")).startswith("P-7.md, line 6: ")


def test_alias_is_refused_by_line() -> None:
    message = refusal(authored("owner: &who returns-team", "note: *who"))
    assert message.startswith("P-7.md, line 5: front matter: aliases (*name) are not accepted")


def test_key_that_is_not_plain_text_is_refused_by_line() -> None:
    assert refusal(authored("? [a, b]", ": c")) == "P-7.md, line 4: front matter: a key must be plain text"


def test_broken_yaml_is_refused_by_line() -> None:
    message = refusal(authored("owner: a", "note: b: c"))
    assert message.startswith("P-7.md, line 5: front matter: ")
    assert message.endswith('; write instead: note: "b: c"')


def test_broken_yaml_of_a_field_that_may_not_be_is_refused_without_a_mending() -> None:
    message = refusal(authored("owner: a", "applies_to:", "  region: b: c"))
    assert message == "P-7.md, line 6: front matter: mapping values are not allowed here"


def test_control_character_in_the_front_matter_is_refused_by_line() -> None:
    assert refusal(authored("owner: a\x07")) == "P-7.md, line 4: front matter holds U+0007; remove it"


def test_front_matter_nested_thousands_deep_is_refused() -> None:
    deep = "[" * 5_000 + "x" + "]" * 5_000
    assert refusal(authored(f"applies_to: {deep}")) == "P-7.md, line 4: front matter: is nested too deeply"


def test_yaml_tag_constructs_nothing() -> None:
    assert parse_draft(authored("owner: !!python/name:os.system x"), "P-7.md").owner == "x"


def test_nul_is_refused_by_line() -> None:
    assert refusal(authored(body="One.\nTw\x00o.\n")) == "P-7.md, line 6: holds a NUL character; remove it"


def test_lone_surrogate_is_refused_by_line() -> None:
    message = refusal(authored(body="One.\n\nThree \udc80.\n"))
    assert message == "P-7.md, line 7: holds a lone surrogate (U+DC80); remove it"


MARKS = "more than 30 combining marks in a row"


def test_combining_marks_without_end_are_refused_by_line() -> None:
    message = refusal(authored(body="One.\n\nThre" + "e\u0301\u0316" * 40 + "e" + "\u0301" * 31 + ".\n"))
    assert message == f"P-7.md, line 7: holds {MARKS}; remove it"
    assert parse_draft(authored(body="a" + "\u0301" * 30), "P-7.md").text.endswith("\u0301")


@pytest.mark.parametrize("line", ["title", "owner"])
def test_yaml_escapes_of_a_foreign_front_matter_bring_in_nothing_either(line: str) -> None:
    for escape, what in (("\\0", "a NUL character"), ("\\uD800", "a lone surrogate (U+D800)"), ("\\u0301" * 31, MARKS)):
        with pytest.raises(DraftError, match=rf"^a\.md: {line} holds {re.escape(what)}"):
            front_matter_metadata(f'---\nlayout: x\n{line}: "a{escape}"\n---\nWords.\n', "a.md")


@pytest.mark.parametrize(
    ("escape", "what"), [("\\0", "a NUL character"), ("\\uD800", "a lone surrogate (U+D800)"), ("\\u0301" * 31, MARKS)]
)
def test_yaml_escape_brings_in_nothing_that_the_file_may_not_hold(escape: str, what: str) -> None:
    assert refusal(authored(f'owner: "a{escape}b"')) == f"P-7.md: owner holds {what}; remove it"
    assert refusal(authored(f'audience: ["a{escape}"]')) == f"P-7.md: audience holds {what}; remove it"


def test_byte_that_is_not_utf_8_names_its_line(tmp_path: Path) -> None:
    path = written(tmp_path, authored().encode() + b"Caf\xe9 au lait\n")
    with pytest.raises(DraftError) as caught:
        read_draft(path)
    assert str(caught.value) == f"{path}, line 7: byte 0xe9 is not UTF-8; save the file as UTF-8"


def test_file_over_the_limit_is_refused(tmp_path: Path) -> None:
    start = authored().encode()
    path = written(tmp_path, start + b"x" * (MAX_BYTES - len(start)))
    assert len(read_draft(path).text) == 4_194_304
    with path.open("ab") as file:
        file.write(b"x")
    with pytest.raises(DraftError) as caught:
        read_draft(path)
    assert str(caught.value).startswith(f"{path}: 4,194,305 bytes is over the limit of 4,194,304")


def test_text_over_the_limit_is_refused_by_its_bytes_not_its_characters() -> None:
    text = authored(body="ß" * (MAX_BYTES // 2))
    assert len(text) < MAX_BYTES
    assert refusal(text).startswith("P-7.md: is over the limit of 4,194,304 bytes")


def test_missing_file_and_folder_are_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(DraftError, match=r"absent\.md: cannot be read: No such file"):
        read_draft(tmp_path / "absent.md")
    with pytest.raises(DraftError, match="cannot be read: Is a directory"):
        read_draft(tmp_path)
