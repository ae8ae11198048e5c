"""Conduct: how a fluent answer can still be no answer: another speaker, a refusal, chatter, an article."""

import re
from collections.abc import Sequence

from evaluator.contract.check_outcome import Ask, CheckOutcome, Definition, Source, failed, passed
from evaluator.contract.phrases import Phrase, literal
from evaluator.english import ENGLISH
from evaluator.files.json_lines import Line

SPEAKERS = ("user", "assistant", "human", "ai", "system", "bot", "chatbot")

_TEMPLATE = re.compile(
    r"<\|(?:im_start|im_end|eot_id|start_header_id|end_header_id|endoftext|user|assistant|system|end)\|>"
    r"|</?s>|\[/?INST\]|<</?SYS>>|<(?:start|end)_of_turn>"
    r"|^#{2,3} (?:Instruction|Response|Input|User|Assistant|Human)\b:?",
    re.MULTILINE | re.IGNORECASE,
)
_NOT_ABLE = (
    r"(?:can(?:no|['’]?)t|can not|could(?: not|n['’]t)|(?:won['’]t|will not)(?: be able to)?"
    r"|am (?:not able|unable|not allowed) to)"
)
_HELPING = (
    r"(?:help(?! but)|assist|provide|do|complete|comply|fulfil+|summari[sz]e|translate|rewrite|write|create|generate"
    r"|share|answer|process|access|discuss|support|offer|give|engage|continue|perform)"
)
REFUSED_IN = frozenset({"en", "de", "fr", "es"})
"""The languages of the refusals below."""

REFUSALS = tuple(
    Phrase(shown, re.compile(expression, re.IGNORECASE))
    for shown, expression in (
        ("that it cannot help", rf"\bI (?:{_NOT_ABLE}|must decline to|have to decline to) {_HELPING}\b"),
        ("that it cannot help", rf"\bI['’]m (?:not able|unable|not allowed) to {_HELPING}\b"),
        ("an apology for not doing it", r"\bI(?:['’]m| am) (?:very |so )?sorry,? but (?:I (?:can|am)|I['’]m|as an)\b"),
        ("an apology for not doing it", r"\bI (?:must|have to|need to) (?:respectfully )?decline\b"),
        (
            "what it is",
            r"\bAs an? (?:AI|large language model|language model|artificial intelligence|virtual assistant)\b",
        ),
        ("that it would rather not", r"\bI (?:do not|don['’]t) feel comfortable\b|\bnot possible for me to\b"),
        ("its rules", r"\b(?:against|violates?) my (?:guidelines|polic(?:y|ies)|programming)\b"),
        (
            "that it cannot help",
            r"\b(?:leider|tut mir leid),? (?:aber )?(?:ich )?kann (?:ich )?(?:das|dies|Ihnen|dir|nicht)\b",
        ),
        ("that it cannot help", r"\bje (?:suis désolée?,? mais|ne (?:peux|suis) pas)\b"),
        ("that it cannot help", r"\blo siento,? pero no puedo\b"),
    )
)
_OPENINGS = re.compile(
    r"\A\W*(?:(?:sure(?: thing)?|alright|certainly|of course|absolutely|gladly|no problem|great question"
    r"|good question|okay|ok|happy to help|got it|understood)\b(?=\s*[!,.:;–—]|\s+-)"
    r"|(?:(?:yes\W{1,3})?here(?:['’]s| is| are)|below (?:is|are|you)|the following (?:is|are)"
    r"|as (?:requested|you asked|instructed)"
    r"|i(?:['’]ve| have) (?:summari|translat|rewr|creat|prepar|extract|convert)\w*|i['’]d be (?:happy|glad)"
    r"|let me (?:summari|break|give|provide|explain|walk))"
    r"|(?:summary|translation|answer|response|output|result|rewrite|corrected (?:text|sentence|version))\s*:"
    r"|[^\n.!?]{0,80}\b(?:summary|translation|version|response|answer|rewrite|json|bullet points?|bullets|output)\b"
    r"[^\n.!?]{0,40}:\s*\n)",
    re.IGNORECASE,
)
_CLOSINGS = re.compile(
    r"\b(?:let me know (?:if|whether|how)|(?:i )?hope (?:this|that) (?:helps|is helpful)"
    r"|feel free to (?:ask|reach|contact|let)|is there anything else (?:i|you)|would you like me to"
    r"|if you (?:need|have|want|would like) (?:any|more|further|me to)"
    r"|please (?:don['’]t|do not) hesitate to)\b",
    re.IGNORECASE,
)
_EXPLAINS = re.compile(
    r"(?:^|(?<=[.!?]\s))[^\w\s]{0,3} ?(?:explanation\b\s*\W|reasoning\b\s*\W"
    r"|note(?: that|:) (?:i|this summary|this translation)\b"
    r"|i (?:(?:have |['’]ve )?(?:kept|removed|omitted|shortened|changed|focused on|made sure)|chose)\b"
    r"|this (?:summary|translation|json|answer|rewrite)\b"
    r"|(?:these|the) (?:bullets|bullet points|three points) (?:above )?(?:cover|capture|summari[sz]e)"
    r"|in (?:this|the above) (?:summary|translation|version))",
    re.IGNORECASE | re.MULTILINE,
)
_HEADING = re.compile(
    r"^(?:#{1,6} +\S.*|\*\*[^*\n]{1,80}\*\*:?[ \t]*|\S[^\n]{0,200}\n(?:={3,}|-{3,})[ \t]*|title:.*"
    r"|(?:introduction|background|overview|conclusion|key takeaways|final thoughts)[ \t]*:?[ \t]*)$",
    re.MULTILINE | re.IGNORECASE,
)
_CONCLUSION = re.compile(r"\b(?:(?:in conclusion|to conclude|to sum up)\b|(?:in summary|all in all),)", re.IGNORECASE)
_PARAGRAPHS = re.compile(r"\n[ \t]*\n")


def make_one_speaker(line: Line, source: Source) -> Ask:
    names = line.fields.get("speakers", [])
    if not isinstance(names, list) or not all(isinstance(name, str) and name.strip() for name in names):
        raise line.error("speakers", "is not a list of names")
    either = "|".join(re.escape(name) for name in (*SPEAKERS, *names))
    turn = re.compile(
        rf"^[ \t>*_#\[(-]*(?:{either})(?: ?\d{{1,2}})?[ \t\])*_]*(?:[:：]|>(?=\s))", re.IGNORECASE | re.MULTILINE
    )

    def ask(answer: str) -> Sequence[CheckOutcome]:
        if match := turn.search(answer):
            return failed("another_speaker", f"a turn of a conversation begins: {match[0].strip()!r}", *match.span())
        if match := _TEMPLATE.search(answer):
            return failed("chat_template", f"a mark of a chat template: {match[0].strip()!r}", *match.span())
        return passed("one speaker")

    return ask


def make_no_refusal(line: Line, source: Source) -> Ask:
    def ask(answer: str) -> Sequence[CheckOutcome]:
        said = [(match, phrase) for phrase in REFUSALS for match in phrase.expression.finditer(answer)]
        refusals = [(match.span(), phrase.shown) for match, phrase in said if not _given(match[0], source)]
        if not refusals:
            return passed("no refusal")
        span, shown = min(refusals)
        return failed("refused", f"the answer says {shown}", *span)

    return ask


def make_only_the_answer(line: Line, source: Source) -> Ask:
    """Nothing said about the answer: no opening, no offer of more help, no account of how it was made."""
    kinds = (
        ("preamble", "opens with what is no part of the answer", _OPENINGS),
        ("closing", "offers more instead of ending", _CLOSINGS),
        ("explanation", "explains itself", _EXPLAINS),
    )

    def ask(answer: str) -> Sequence[CheckOutcome]:
        for reason, says, expression in kinds:
            for match in expression.finditer(answer):
                if not _given(match[0], source):
                    return failed(reason, f"the answer {says}: {match[0].strip()[:60]!r}", *match.span())
        return passed("nothing but the answer")

    return ask


def make_no_article(line: Line, source: Source) -> Ask:
    """No headings, no conclusion, and with `max_paragraphs` no more paragraphs than that."""
    most = line.count("max_paragraphs") if line.has("max_paragraphs") else None

    def ask(answer: str) -> Sequence[CheckOutcome]:
        for reason, expression in (("heading", _HEADING), ("conclusion", _CONCLUSION)):
            if match := expression.search(answer):
                return failed(reason, f"written as an article: {match[0].strip()[:60]!r}", *match.span())
        paragraphs = [text for text in _PARAGRAPHS.split(answer) if text.strip()]
        if most is not None and len(paragraphs) > most:
            return failed("too_many_paragraphs", f"{len(paragraphs)} paragraphs, at most {most} wanted")
        return passed("not written as an article")

    return ask


def _given(words: str, source: Source) -> bool:
    """Whether the input itself has these words, so that an answer with them may be right."""
    said = words.strip(" \t\n.,:;!?*_-")
    return bool(said) and literal(said).find(source.input) is not None


CHECKS = {
    "one_speaker": Definition("usefulness", frozenset({"speakers"}), make_one_speaker),
    "no_refusal": Definition("usefulness", frozenset(), make_no_refusal, REFUSED_IN),
    "only_the_answer": Definition("usefulness", frozenset(), make_only_the_answer, ENGLISH),
    "no_article": Definition("usefulness", frozenset({"max_paragraphs"}), make_no_article),
}
