"""What words mean the same, or the contrary, in policies: tables as data, and the endings by which words derive."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache, lru_cache
from importlib.resources import files

from indexer.text.tokenizer import stem

Phrase = tuple[str, ...]


_LEAST_ROOT = 4


_AGENTS = ("er", "or", "ee", "ist", "ant")


_DENYING = ("un", "in", "im", "ir", "il", "non", "dis", "mis", "non-")


def is_light(lemma: str) -> bool:
    """Whether a word says too little by itself to be looked for in the evidence."""
    return lemma in _light()


def related(one: str, other: str) -> bool:
    """Whether two words are the same, by their stem or by how one derives from the other."""
    if one == other:
        return True
    first, second = one[:1], other[:1]
    if first != second and first.isalpha() and second.isalpha():
        return False  # a stem and a root begin as their word does
    return _of_one_root(one, other)


@lru_cache(maxsize=200_000)
def _of_one_root(one: str, other: str) -> bool:
    return not _acts(one, other) and (stem(one) == stem(other) or _derived(one, other))


def _acts(one: str, other: str) -> bool:
    """Whether one word names who does, or gets, what the other says: employ, employer, employee."""
    short, long = sorted((one, other), key=len)
    agents = [word[: -len(end)] for word in (one, other) for end in _AGENTS if word.endswith(end)]
    return any(root in (short, short.rstrip("e")) for root in agents if root != long) or len(set(agents)) < len(agents)


def denies(one: str, other: str) -> bool:
    """Whether a word is the other one with a prefix that says "not"."""
    return _has_prefix(one, other) or _has_prefix(other, one)


def _has_prefix(long: str, short: str) -> bool:
    return long.startswith(_DENYING) and any(
        long.startswith(prefix) and len(long) - len(prefix) >= _LEAST_ROOT and related(long.removeprefix(prefix), short)
        for prefix in _DENYING
    )


def _derived(one: str, other: str) -> bool:
    """Whether the two share a root, and their endings make a verb, a noun and an adjective of it."""
    root = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        root += 1
    for length in range(min(root, len(one), len(other)), _LEAST_ROOT - 2, -1):
        ends = one[length:], other[length:]
        if ends in _pairs() and (length >= _LEAST_ROOT or "ment" in ends):
            return True
        if max(map(len, ends)) > 9:
            break
    return False


@cache
def _pairs() -> frozenset[tuple[str, str]]:
    endings = [line.replace("-", "").split(" ") for line in _lines("endings.txt")]
    return frozenset(pair for one, other in endings for pair in ((one, other), (other, one)))


@cache
def _light() -> frozenset[str]:
    return frozenset(word for line in _lines("light.txt") for word in line.split())


def phrases_at(words: Sequence[str], lemmas: Sequence[str], at: int) -> Iterator[tuple[int, frozenset[int]]]:
    """The phrases of several words that begin at a place: how many words each has, and the groups that it stands in.

    The longest come first, and the words themselves before their lemmas.
    """
    longest, table = _longest_phrase(), _synonyms()
    most = max(longest.get(words[at], 0), longest.get(lemmas[at], 0))
    for length in range(min(most, len(words) - at), 1, -1):
        for phrase in dict.fromkeys((tuple(words[at : at + length]), tuple(lemmas[at : at + length]))):
            if found := table.get(phrase):
                yield length, found


def groups_of(lemma: str) -> frozenset[int]:
    """The groups of synonyms that a word stands in."""
    return _synonyms().get((lemma,), frozenset())


def contraries_of(lemma: str) -> frozenset[str]:
    """The words that a word says the contrary of."""
    return _opposites().get(lemma, frozenset())


def has_contrast(word: str) -> bool:
    """Whether any word is of one kind with this one, and never the same thing."""
    return word in _contrasts()


def contrast(one: str, other: str) -> bool:
    """Whether two words are of one kind and never the same thing."""
    table = _contrasts()
    kinds = table.get(one)
    if kinds is None or one == other:
        return False
    others = table.get(other)
    return others is not None and not kinds.isdisjoint(others)


@lru_cache(maxsize=50_000)
def may_turn(word: str) -> bool:
    """Whether a word may be the contrary of another, or in contrast to it."""
    return word in _contrasts() or word in _opposites() or word.startswith(_DENYING)


@cache
def _synonyms() -> Mapping[Phrase, frozenset[int]]:
    found: dict[Phrase, set[int]] = {}
    for number, line in enumerate(_lines("synonyms.txt")):
        for phrase in line.split(","):
            found.setdefault(tuple(phrase.split()), set()).add(number)
    return {phrase: frozenset(numbers) for phrase, numbers in found.items()}


@cache
def _longest_phrase() -> Mapping[str, int]:
    """By its first word, how many words the longest phrase has."""
    found: dict[str, int] = {}
    for phrase in _synonyms():
        found[phrase[0]] = max(found.get(phrase[0], 0), len(phrase))
    return found


@cache
def _opposites() -> Mapping[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for line in _lines("opposites.txt"):
        one, _, other = (part.strip() for part in line.partition("="))
        found.setdefault(one, set()).add(other)
    return {word: frozenset(others) for word, others in found.items()}


@cache
def _contrasts() -> Mapping[str, frozenset[int]]:
    found: dict[str, set[int]] = {}
    for number, line in enumerate(_lines("contrasts.txt")):
        for word in line.split(","):
            found.setdefault(word.strip(), set()).add(number)
    return {word: frozenset(numbers) for word, numbers in found.items()}


def _lines(name: str) -> Iterator[str]:
    text = files("evaluator.support.entailment.words").joinpath(name).read_text(encoding="utf-8")
    return (line for line in text.splitlines() if line.strip() and not line.startswith("#"))
