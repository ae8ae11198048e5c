"""The patterns of instructions: the name that a prompt shows, its meaning, and the expressions that find it.

Expressions see lower case. In `lines`, a line keeps its punctuation, without indentation. In `words`, the whole text is
one line, and only the punctuation that ends a sentence or a clause is left. Every repetition is bounded, so the time of
a search is proportional to the length of the text.
"""

import re
from dataclasses import dataclass
from typing import Literal

from policies.revision import POLICY_ID

View = Literal["raw", "lines", "words"]
"""How a pattern sees a text: as it stands; folded, line by line; or folded, its words on one line."""


@dataclass(frozen=True, slots=True)
class Pattern:
    name: str
    meaning: str
    view: View
    expression: re.Pattern[str]


def _pattern(name: str, meaning: str, view: View, *alternatives: str) -> Pattern:
    return Pattern(name, meaning, view, re.compile("|".join(alternatives), re.MULTILINE))


_AI = r"(?:ai|llm|chatbot|(?:large )?language model|ai (?:assistant|agent|model|system))s?\b"
_UNBOUND = r"(?:dan|jailbroken|unrestricted|unfiltered|uncensored)\b"
_MODE = r"(?:developer|dan|god|jailbreak|debug|unrestricted) mode\b"
_ROLE = r"(?:a |an |the |my )?(?:[\w'-]+ ){0,3}"
_SPEAK = r"(?:act|respond|answer|reply|pretend|obey|behave|speak)\b"

_NOT = r"(?<!do not )(?<!don't )(?<!must not )(?<!should not )(?<!may not )(?<!not to )(?<!never )(?<!who )(?<!may )"
_IGNORE = rf"{_NOT}\b(?:ignor(?:e|ing)|disregard(?:ing)?|forget(?:ting)?|overrid(?:e|ing))"
_REFUSE = r"\b(?:do not|don't|stop|never) (?:follow|obey|heed)(?:ing)?"
_EVERY = r"(?:(?:all|any|every|each|of|the|your|my|our|these|those|other|and) ){0,5}"
_EARLIER = r"(?:previous|prior|preceding|above|earlier|foregoing)"
_GIVEN = r"(?:system|developer|original|initial|existing|current)"
_ORDERS = r"(?:instructions?|prompts?|directives?|programming)\b"
_RULES = r"(?:rules|guidelines|guardrails|constraints|training|context|commands|directions)\b"

_NEVER = r"\b(?:do not|don't|never|must not|without)"
_READER = r"(?:the |your )(?:end )?(?:user|human|reader|asker)s?\b"
_ATTRIBUTES = r"(?: [^<>\n]{0,80})?>"

PATTERNS: tuple[Pattern, ...] = (
    _pattern(
        "override",
        "tells the reader to ignore or forget what it was told before",
        "words",
        rf"(?:{_IGNORE}|{_REFUSE}) {_EVERY}{_EARLIER} (?:and |or )?(?:\w+ ){{0,2}}{_ORDERS}",
        rf"{_IGNORE} {_EVERY}(?:{_GIVEN} )(?:\w+ )?{_ORDERS}",
        rf"{_IGNORE} (?:all |any )(?:of )?(?:the |your )?{_EARLIER} (?:\w+ )?{_RULES}",
        rf"(?:{_IGNORE}|{_REFUSE}) (?:all |any )?(?:of )?(?:your |my )(?:\w+ )?(?:{_ORDERS}|{_RULES})",
        rf"{_IGNORE} (?:all |any )?(?:of )?(?:the )?instructions (?:above|before this|you (?:were|have been) given)\b",
        rf"{_IGNORE} (?:everything|anything|all|what)(?: that)? (?:(?:is |was |came )?(?:above|before this)\b"
        r"|you (?:were|have been|'ve been) (?:told|taught|given)\b)",
    ),
    _pattern(
        "persona",
        "gives the reader another role or mode",
        "words",
        rf"\byou are (?:now|no longer) (?:acting as )?{_ROLE}(?:{_AI}|{_UNBOUND}|(?:assistant|bot|root|hacker)\b)",
        rf"\byou are (?:now )?in {_MODE}",
        r"\bfrom now on you are (?:a|an|the)\b",
        rf"\bfrom now on (?:you (?:will|must|shall|should) (?:only |always |never )?)?{_SPEAK}",
        r"\bpretend (?:that )?you(?:'re| are| have no)\b",
        rf"\b(?:act|behave|respond|answer|reply) as (?:if you (?:are|were) )?{_ROLE}(?:{_AI}|{_UNBOUND})",
        rf"\byou are (?:chatgpt|claude|gemini|an? (?:[\w'-]+ ){{0,2}}{_AI})",
        rf"\b(?:enter|enable|activate|switch to) {_MODE}",
        rf"\b{_MODE} (?:is )?(?:now )?(?:enabled|activated|on)\b",
    ),
    _pattern(
        "addressed_to_model",
        "speaks to a language model rather than to people",
        "words",
        rf"\b(?:dear|attention|hey|(?:message|note) (?:to|for)|instructions? (?:to|for)) (?:the |any |all )?{_AI}"
        r"(?! (?:providers?|developers?|vendors?|teams?|products?|use)\b)",
        rf"\bif you are (?:an? )?(?:[\w'-]+ )?{_AI}",
        rf"\bas an? {_AI} you\b",
    ),
    _pattern(
        "secrecy",
        "tells the reader to keep something from the one who asks",
        "words",
        rf"{_NEVER} (?:ever )?(?:tell|inform|alert|warn)(?:ing)? {_READER}",
        rf"{_NEVER} (?:ever )?(?:mention|reveal|show|disclos|say)(?:e|ing)? (?:any of )?"
        rf"(?:this|that|it|these instructions)(?: \w+){{0,2}} to {_READER}",
        r"\b(?:do not|don't|never) let the (?:user|human|reader) know\b",
        rf"\b(?:do not|don't|never) (?:mention|reveal|disclose|repeat) (?:these|this|your) (?:\w+ )?{_ORDERS}",
    ),
    _pattern(
        "system_prompt",
        "asks for the instructions that the reader was given",
        "words",
        r"\b(?:reveal|repeat|print|output|show|display|leak|send|include)(?: me| us)?(?: all| verbatim)?(?: of)?"
        r"(?: your| the)?(?: \w+)? (?:system|developer|hidden) (?:prompts?|instructions?|messages?)\b",
        rf"\b(?:reveal|repeat|print|output|leak) (?:me )?(?:all )?(?:of )?your (?:own |initial )?{_ORDERS}",
    ),
    _pattern(
        "role_line",
        "opens a turn of a conversation at the start of a line",
        "lines",
        r"^(?:[>#|*_+-]{1,6} ?|\d{1,3}[.)] ){0,4}[\[(]?(?:system|assistant|human)"
        r"(?: (?:prompt|message|override|note|instructions?))?[\])*_` ]{0,4}:",
    ),
    _pattern(
        "role_tag",
        "holds a marker of a model's chat template",
        "lines",
        r"<\|[^|<>\n]{1,40}\|>|\[/?inst\]|<</?sys>>|</?(?:start_of_turn|end_of_turn|bos|eos)>",
        rf"</?(?:system|assistant|human|instructions?|system[_-](?:prompt|reminder|message)|thinking){_ATTRIBUTES}",
        r"^#{2,6} ?(?:system|assistant|human|instructions?|response)(?: prompt)? ?:",
    ),
    _pattern(
        "evidence_delimiter",
        "imitates the lines around quoted evidence",
        "lines",
        r"=== ?(?:(?:end of|end|begin|start of) )?(?:policy )?evidence\b|=== ?after the text\b",
        rf"</?(?:evidence|documents?|context|passages?|search_results?){_ATTRIBUTES}",
        r"[\[(<{=*#-]{2} ?(?:end|begin|start)(?: of)?(?: the)? (?:untrusted|quoted|retrieved|policy|evidence|context|"
        r"data|passages?|documents?|quotes?)\b",
        r"\[(?:end|begin|start)(?: of)?(?: the)? (?:policy )?(?:evidence|context|documents?|passages?|quote)\]",
    ),
    _pattern(
        "citation",
        "writes a citation in brackets, as only the rendering and its reader should",
        "lines",
        rf"[\[【〔⟦] ?{POLICY_ID.pattern}@\d{{1,9}}#\d{{1,6}}(?:-\d{{1,6}})? ?[\]】〕⟧]",
    ),
    _pattern(
        "tool_call",
        "writes the call of a tool",
        "lines",
        r"[\"'](?:tool_calls?|function_call|tool_use|tool_name|tool_input)[\"'] ?:",
        r"[\"']name[\"'] ?: ?[\"'][^\"'\n]{0,80}[\"'] ?,\s?[\"'](?:arguments|parameters|input)[\"'] ?:",
        r"</?(?:[a-z]{1,10}:)?(?:tool_(?:calls?|use|results?|response)|function_(?:calls?|results?)|invoke)"
        rf"{_ATTRIBUTES}",
        r"<function=",
    ),
    _pattern(
        "active_html",
        "holds markup that would run in a browser",
        "lines",
        r"<(?:/?script|iframe|embed)\b|<object |<meta [^<>]{0,80}http-equiv",
        r"<[a-z][^<>\n]{0,200}[ /\"']on[a-z]{3,20} ?=",
        r"\b(?:javascript|vbscript):(?=\S)|\bdata:text/html",
    ),
    _pattern(
        "terminal_escape",
        "holds control characters that a terminal would obey",
        "raw",
        "[\x00-\x08\x0e-\x1f\x7f\x90\x98\x9b\x9d-\x9f]",
    ),
    _pattern(
        "hidden_characters",
        "holds characters that nobody sees: tags, or a run without width, or one inside a Latin word",
        "raw",
        "[\U000e0000-\U000e007f\u2062-\u2064\u206a-\u206f\ufff9-\ufffb]",
        "[\u200b-\u200d\u2060\ufeff\u180e\u3164]{8}|[\ufe00-\ufe0f\U000e0100-\U000e01ef]{2}",
        "[A-Za-z][\u200b-\u200d\u2060\ufeff\u180e\u034f\u3164][A-Za-z]",
    ),
    _pattern(
        "direction_override",
        "reorders the characters that are read",
        "raw",
        "[\u202a\u202b\u202d\u202e\u2066-\u2068]",
    ),
)
