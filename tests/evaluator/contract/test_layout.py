from evaluator.contract.layout import Part, bullets, outside_bullets, sentences, words


def texts(parts: list[Part], text: str) -> list[str]:
    return [part.of(text) for part in parts]


def test_every_mark_of_a_list_makes_a_bullet_and_a_rule_makes_none() -> None:
    text = "- one\n* two\n  • nested\n1. three\n2) four\n---\n**bold** is none"
    assert texts(bullets(text), text)[:4] == ["one", "two", "nested", "three"]
    assert len(bullets(text)) == 5


def test_a_bullet_goes_on_over_the_next_line_and_ends_at_a_blank_one() -> None:
    text = "Intro:\n- one\n  goes on\n- two\n\nAfter."
    assert texts(bullets(text), text) == ["one\n  goes on", "two"]
    assert texts(outside_bullets(text), text) == ["Intro:", "After."]


def test_a_bullet_ends_a_sentence_though_it_has_no_full_stop() -> None:
    text = "# Title\n- Wait. Then call\n- Do not restart\n\nDr. Smith knows. Ask at 14.05 h!"
    assert texts(sentences(text), text) == [
        "# Title",
        "Wait.",
        "Then call",
        "Do not restart",
        "Dr. Smith knows.",
        "Ask at 14.05 h!",
    ]


def test_a_word_holds_a_letter_or_a_digit_and_a_numbered_mark_is_none() -> None:
    text = "1. At 14:05 — non-blocking, isn't it?\n- 900 ms"
    assert texts(words(text), text) == ["At", "14:05", "non-blocking,", "isn't", "it?", "900", "ms"]
