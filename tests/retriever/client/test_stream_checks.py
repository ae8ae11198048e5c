"""A streamed answer checked over a real service: what is passed on, held back, marked, and how a stream ends."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from benchmarks._streamed_answers import ASKED, PLANTED, SHOWN, found, streamed, verdicts
from indexer.encoding.embedding import Encoder
from policies.change import Publish
from policies.sources.draft import parse_draft
from retriever.client import Answer, AsyncClient, CheckedSentence, Client, Finding, Retries
from tests.e2e.serving import serving_here
from tests.retriever.homes import Home
from tests.root import ROOT

STREAMS = 60
"""2,000 of them: `scripts/bench check_stream`."""

GOOD = "Damaged items are eligible [P-7@2#1]. "
FIRST = "P-7@2#1"
"""The first block of the answer."""

BAD = "Nobody knows this rule [P-99@1#1]. "


class Counting(httpx.HTTPTransport):
    """The network, counting what is sent over it."""

    sent = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.sent += 1
        return super().handle_request(request)


@pytest.fixture(scope="module")
def served_home(tmp_path_factory: pytest.TempPathFactory, encoder: Encoder) -> Iterator[Path]:
    home = Home(tmp_path_factory.mktemp("streams") / "home", encoder)
    samples = sorted((ROOT / "policies" / "samples").glob("*.md"))
    home.write(*(Publish(parse_draft(path.read_text(), path.name)) for path in samples))
    home.close()
    return home.path


@pytest.fixture(scope="module")
def address(served_home: Path) -> Iterator[str]:
    with serving_here(served_home) as client:
        yield str(client.base_url)


@pytest.fixture(scope="module")
def asof(address: str) -> Iterator[Client]:
    with Client(address) as client:
        yield client


@pytest.fixture(scope="module")
def answer(asof: Client) -> Answer:
    made = asof.retrieve(**ASKED)
    assert {block.citation for block in made.evidence} == SHOWN
    return made


def one(asof: Client, text: str, answer: Answer, **options: Any) -> CheckedSentence:
    [sentence] = asof.check_stream(text, answer, **options)
    return sentence


def test_seeded_streams_are_judged_as_their_whole_text(asof: Client, answer: Answer) -> None:
    for seed in range(STREAMS):
        stream = streamed(seed)
        cut = list(asof.check_stream(stream.pieces, answer))
        assert "".join(sentence.text for sentence in cut) == stream.text
        assert verdicts(cut) == verdicts(list(asof.check_stream(stream.text, answer))), seed
        assert stream.planted in (None, found(cut)), seed


@pytest.mark.parametrize(("text", "codes"), PLANTED, ids=lambda value: str(value)[:40])
def test_each_planted_fault_is_found_and_nothing_else(
    asof: Client, answer: Answer, text: str, codes: tuple[str, ...]
) -> None:
    sentences = list(asof.check_stream(text, answer))
    assert found(sentences) == ((codes,) if codes else ())
    assert "".join(sentence.shown for sentence in sentences if not sentence.findings) == ("" if codes else text)


def test_both_clients_find_the_same(address: str, asof: Client, answer: Answer) -> None:
    async def awaited(seed: int) -> list[CheckedSentence]:
        async def pieces() -> AsyncIterator[bytes]:
            for piece in streamed(seed).pieces:
                yield piece

        async with AsyncClient(address) as client:
            return [sentence async for sentence in client.check_stream(pieces(), answer)]

    for seed in range(10):
        assert verdicts(asyncio.run(awaited(seed))) == verdicts(list(asof.check_stream(streamed(seed).pieces, answer)))


def test_a_sentence_is_passed_on_before_the_next_piece_is_taken(asof: Client, answer: Answer) -> None:
    taken = []

    def pieces() -> Iterator[str | None]:
        for piece in ("Hello. Damaged items", None, " are eligible [P-7@2#1]. So ", "it is."):
            taken.append(piece)
            yield piece

    seen = [(sentence.text, len(taken)) for sentence in asof.check_stream(pieces(), answer)]
    assert seen == [("Hello. ", 1), (GOOD, 3), ("So it is.", 4)]


def test_a_held_sentence_says_what_was_held_and_why(asof: Client, answer: Answer) -> None:
    first, held, last = asof.check_stream(GOOD + BAD + GOOD, answer)
    assert (held.text, held.shown, held.held, held.citations) == (BAD, "", True, ("P-99@1#1",))
    assert held.findings == (
        Finding("unknown_handle", "There is no revision P-99@1", "P-99@1#1", reason="unknown_version"),
    )
    assert [sentence.shown for sentence in (first, last)] == [GOOD, GOOD]


def test_a_marked_sentence_says_so_behind_its_words(asof: Client, answer: Answer) -> None:
    sentence = one(asof, 'It says "within 90 days" [P-7@1#1].\n', answer, on_fault="mark")
    assert not sentence.held
    assert sentence.shown == ('It says "within 90 days" [P-7@1#1]. [unverified: not_in_force, wrong_quotation]\n')


def test_findings_say_what_the_service_says(asof: Client, answer: Answer) -> None:
    sentence = one(asof, 'It says "within 90 days" [P-7@2#1].', answer)
    assert sentence.findings == (
        Finding(
            "wrong_quotation",
            "P-7@2 was in force on 2025-04-01T00:00:00Z, but passage P-7@2#1 does not say this",
            "P-7@2#1",
            "within 90 days",
            "quote_not_found",
        ),
    )
    no_handle = one(asof, "This is none [P-7@0#1].", answer).findings[0]
    assert (no_handle.code, no_handle.reason) == ("unknown_handle", "invalid_citation")
    number = one(asof, "This is none [12].", answer).findings[0]
    assert (number.code, number.reason) == ("unknown_handle", "unknown_number")


@pytest.mark.parametrize("form", ["[P-7]", "[P-7@1]", "[P-7 @ 1 # 1]", "(P-7, revision 1, passage 1)", "P-7@1"])
def test_a_citation_without_a_passage_is_a_fault_that_says_how_to_write_it(
    address: str, answer: Answer, form: str
) -> None:
    transport = Counting()
    with Client(address, transport=transport) as client:
        sentence = one(client, f"Damaged items are eligible within 7 days {form}.", answer)
    assert sentence.findings == (
        Finding(
            "unknown_handle",
            f"{form} is no whole handle; write policy@revision#passage, as in P-7@2#1",
            form,
            reason="incomplete_handle",
        ),
    )
    assert (sentence.shown, sentence.citations, transport.sent) == ("", (form,), 0)


def test_a_policy_that_prose_names_is_no_fault(asof: Client, answer: Answer) -> None:
    text = "Policy P-7 says so, and the rule on sales (P-6) does too."
    assert (one(asof, text, answer).citations, one(asof, text, answer).findings) == ((), ())


def test_what_is_not_in_force_is_not_said_to_be_missing_too(asof: Client, answer: Answer) -> None:
    [stale] = one(asof, "Eligible within 7 days [P-7@1#1].", answer).findings
    assert (stale.code, stale.reason) == ("not_in_force", "not_in_force")
    [missing] = one(asof, "Unused items may be returned [P-1@1#1].", answer).findings
    assert missing.code == "not_in_evidence"


@pytest.mark.parametrize(
    ("written", "meant"),
    [("p-7@2#1", "P-7@2#1"), ("p-7@2#2-3", "P-7@2#2-3"), ("p-7@2#3", "P-7@2#3"), ("p-1@1#1", None), ("p-7@2#9", None)],
)
def test_a_handle_in_other_letters_is_told_which_one_was_shown(
    asof: Client, answer: Answer, written: str, meant: str | None
) -> None:
    [finding] = one(asof, f"Eligible [{written}].", answer).findings
    version = written.split("#")[0]
    hint = "" if meant is None else f"; did you mean {meant}?"
    assert (finding.code, finding.detail) == ("unknown_handle", f"There is no revision {version}{hint}")


def test_single_marks_and_block_quotes_are_compared(asof: Client, answer: Answer) -> None:
    for right in (
        "It says ‘within 30 days of delivery’ [P-7@2#1].",
        "> within 30 days\n> of delivery\n\n[P-7@2#1]",
        "[P-7@2#1] says:\n\n> within 30 days of delivery\n",
    ):
        assert one(asof, right, answer).findings == ()
        wrong = one(asof, right.replace("30", "60"), answer).findings
        assert [(finding.code, finding.reason) for finding in wrong] == [("wrong_quotation", "quote_not_found")]
    assert one(asof, "It says `within 60 days` [P-7@2#1].", answer).findings == ()


def test_a_quotation_that_leaves_words_out_is_compared_as_it_stands(asof: Client, answer: Answer) -> None:
    """docs/python.md says so, and that one a sentence after its citation is not compared."""
    [finding] = one(asof, 'It says "within … delivery" [P-7@2#1].', answer).findings
    assert finding.code == "wrong_quotation"
    cited, quoting = asof.check_stream('It is in [P-7@2#1]. It says "within 60 days".', answer)
    assert (cited.findings, quoting.citations, quoting.findings) == ((), (), ())


def test_a_citation_that_stands_alone_behind_a_list_is_that_of_its_last_item(asof: Client, answer: Answer) -> None:
    first, last = asof.check_stream("- A photo\n- The order number\n\n[P-7@1#1]\n", answer)
    assert (first.findings, [finding.code for finding in last.findings]) == ((), ["not_in_force"])


def test_what_was_shown_but_is_not_in_force_at_the_receipts_instant_is_found(asof: Client, answer: Answer) -> None:
    """As where a program asks as of another day than the one that its evidence was retrieved for."""
    request = {**answer.receipt.request, "as_of": "2025-02-01T00:00:00Z"}
    earlier = replace(answer, receipt=replace(answer.receipt, request=request))
    assert [finding.code for finding in one(asof, GOOD, earlier).findings] == ["not_in_force"]
    assert one(asof, "Items on final sale are out [P-6@1#1].", earlier).findings == ()


def test_without_evidence_every_citation_is_a_fault(asof: Client, answer: Answer) -> None:
    nothing = replace(answer, evidence=())
    assert [finding.code for finding in one(asof, GOOD, nothing).findings] == ["not_in_evidence"]
    assert [finding.code for finding in one(asof, "Eligible [1].", nothing).findings] == ["unknown_handle"]
    assert one(asof, "I found no rule.", nothing).findings == ()


def test_blocks_that_say_the_same_were_not_shown(asof: Client, answer: Answer) -> None:
    also = replace(answer, evidence=(replace(answer.evidence[0], also=("P-1@1#1",)), *answer.evidence[1:]))
    text = "Unused items may be returned [P-1@1#1]."
    assert [finding.code for finding in one(asof, text, also).findings] == ["not_in_evidence"]


def test_the_same_citation_with_the_same_words_is_asked_once(address: str, answer: Answer) -> None:
    transport = Counting()
    with Client(address, transport=transport) as client:
        text = GOOD * 3 + 'It says "within 30 days" [P-7@2#1]. ' * 2 + "Hello. Nothing [12]."
        assert all(not it.findings for it in list(client.check_stream(text, answer))[:-1])
    assert transport.sent == 2


@pytest.mark.parametrize(
    ("bracket", "beside"),
    [
        ("[P-7@0#1, P-7@2#1]", "invalid_citation"),
        ("[12, 1]", "unknown_number"),
        ("[1, 12]", "unknown_number"),
        ("[P-99@1#1, P-7@2#1]", "unknown_version"),
    ],
)
def test_a_citation_that_cannot_be_asked_about_hides_no_wrong_quotation_of_its_bracket(
    asof: Client, answer: Answer, bracket: str, beside: str
) -> None:
    whole = one(asof, f'It says "within 90 days" {bracket}.', answer)
    cited, quoted = whole.findings
    assert (cited.code, cited.reason) == ("unknown_handle", beside)
    assert (quoted.code, quoted.citation, quoted.quote) == ("wrong_quotation", FIRST, "within 90 days")
    right = one(asof, f'It says "within 30 days" {bracket}.', answer)
    assert [finding.reason for finding in right.findings] == [beside]


def test_what_cannot_be_asked_is_a_fault_and_the_stream_goes_on(answer: Answer) -> None:
    with Client("http://127.0.0.1:9", retries=Retries(most=0)) as client:
        hello, held, bye = client.check_stream("Hello. " + GOOD + "Bye.", answer)
    assert [hello.shown, held.shown, bye.shown] == ["Hello. ", "", "Bye."]
    assert [finding.code for finding in held.findings] == ["not_checked"]
    assert "http://127.0.0.1:9" in held.findings[0].detail


def test_a_stream_that_breaks_gives_what_was_waiting_and_then_its_error(
    address: str, asof: Client, answer: Answer
) -> None:
    error = httpx.ReadError("connection reset")

    def breaking() -> Iterator[str]:
        yield GOOD + "Damaged items are"
        raise error

    async def breaking_too() -> AsyncIterator[str]:
        for piece in breaking():
            yield piece

    async def awaited(seen: list[CheckedSentence]) -> None:
        async with AsyncClient(address) as client:
            async for sentence in client.check_stream(breaking_too(), answer):
                seen.append(sentence)

    def waited_for(seen: list[CheckedSentence]) -> None:
        for sentence in asof.check_stream(breaking(), answer):
            seen.append(sentence)

    for read in (waited_for, lambda seen: asyncio.run(awaited(seen))):
        seen: list[CheckedSentence] = []
        with pytest.raises(httpx.ReadError) as raised:
            read(seen)
        assert (raised.value, error.__cause__, error.__context__) == (error, None, None)
        assert [(sentence.text, sentence.held) for sentence in seen] == [(GOOD, False), ("Damaged items are", True)]
        assert [finding.code for finding in seen[1].findings] == ["interrupted"]


@pytest.mark.parametrize("end", [KeyboardInterrupt, asyncio.CancelledError, SystemExit])
def test_what_ends_a_program_or_cancels_a_task_goes_out_at_once_without_the_waiting_words(
    address: str, asof: Client, answer: Answer, end: type[BaseException]
) -> None:
    def ending() -> Iterator[str]:
        yield "Hello. Damaged items are"
        raise end

    async def ending_too() -> AsyncIterator[str]:
        for piece in ending():
            yield piece

    async def awaited(seen: list[str]) -> None:
        async with AsyncClient(address) as client:
            stream = client.check_stream(ending_too(), answer)
            seen.append((await anext(stream)).text)
            with pytest.raises(end):
                await anext(stream)

    seen: list[str] = []
    stream = asof.check_stream(ending(), answer)
    seen.append(next(stream).text)
    with pytest.raises(end):
        next(stream)
    asyncio.run(awaited(seen))
    assert seen == ["Hello. ", "Hello. "]


def test_a_broken_stream_that_is_closed_at_its_waiting_words_raises_nothing(asof: Client, answer: Answer) -> None:
    def breaking() -> Iterator[str]:
        yield "Damaged items are"
        raise httpx.ReadError("connection reset")

    with closing(asof.check_stream(breaking(), answer)) as stream:
        assert next(stream).findings[0].code == "interrupted"


def test_a_stream_that_is_closed_closes_what_gives_its_pieces(address: str, asof: Client, answer: Answer) -> None:
    closed = []

    def pieces() -> Iterator[str]:
        try:
            yield from (GOOD, "Hello. ", "Bye.")
        finally:
            closed.append("one")

    async def pieces_too() -> AsyncIterator[str]:
        try:
            for piece in (GOOD, "Hello. ", "Bye."):
                yield piece
        finally:
            closed.append("other")

    async def awaited() -> CheckedSentence:
        async with AsyncClient(address) as client, aclosing(client.check_stream(pieces_too(), answer)) as stream:
            return await anext(stream)

    with closing(asof.check_stream(pieces(), answer)) as stream:
        assert next(stream).text == GOOD
    assert asyncio.run(awaited()).text == GOOD
    assert closed == ["one", "other"]


def test_the_time_that_is_added_leaves_out_what_the_model_and_the_reader_take(asof: Client, answer: Answer) -> None:
    def slow() -> Iterator[str]:
        yield "Hello. Damaged items are eligible [P-7@2#1]. Nothing"
        time.sleep(0.3)
        yield " more. "

    added = []
    for sentence in asof.check_stream(slow(), answer):
        time.sleep(0.3)
        added.append(sentence.added_ms)
    assert len(added) == 3
    assert all(0 <= milliseconds < 250 for milliseconds in added)


def test_another_choice_than_hold_and_mark_is_refused_at_once(asof: Client, answer: Answer) -> None:
    with pytest.raises(ValueError, match=r'write "hold" or "mark"'):
        asof.check_stream("", answer, on_fault="drop")  # type: ignore[arg-type]


@pytest.mark.parametrize("piece", [1, 0, ["Hello."], bytearray(b"Hello.")])
def test_a_piece_that_is_no_text_is_refused_with_what_it_may_be(
    address: str, asof: Client, answer: Answer, piece: Any
) -> None:
    async def pieces() -> AsyncIterator[Any]:
        yield piece

    async def awaited() -> None:
        async with AsyncClient(address) as client:
            async for _ in client.check_stream(pieces(), answer):
                pass

    said = f"of type {type(piece).__name__}; give text, UTF-8 bytes or None"
    with pytest.raises(TypeError, match=said):
        list(asof.check_stream([piece], answer))
    with pytest.raises(TypeError, match=said):
        asyncio.run(awaited())


def test_an_empty_stream_gives_nothing(asof: Client, answer: Answer) -> None:
    assert list(asof.check_stream([], answer)) == []
    assert list(asof.check_stream([None, "", b""], answer)) == []
