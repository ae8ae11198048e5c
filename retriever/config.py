"""Settings, read once and passed in."""

import math
import os
from dataclasses import dataclass
from pathlib import Path

from indexer.encoding.embedding import DEFAULT_MODEL
from indexer.encoding.onnx_graph import DEFAULT_PRECISION, PRECISIONS, Precision
from indexer.text.blocks import BLOCK_TOKENS
from policies.ledger import MOST_AHEAD
from retriever.answering.abstention import DEFAULT_THRESHOLDS, Thresholds
from retriever.asking.query import MAX_BLOCK_TOKENS
from retriever.errors import BadSetting
from retriever.home_folder import default_home

QUERY_CACHE = 1024
"""About 2 MB of vectors, and about 2 MB of questions."""

RECEIPT_DAYS = 30

RECEIPT_MB = 1024
"""About half a million receipts."""

RECEIPT_MB_PER_KEY = 256

VIEW_MB = 512

NO_RECEIPTS = ", or set ASOF_RECEIPT_DAYS to 0 to keep no receipts"


@dataclass(frozen=True, slots=True)
class Settings:
    """`home` holds the ledger and its index; `model` names the embedding model.

    `threads` is how many texts are encoded or re-ranked at once.
    `precision` is how the default model's weights are run. An index has one precision; two are never mixed.
    `thresholds` say when a question is not answered (ASOF_MIN_DENSE, ASOF_MIN_COVERAGE).
    `query_cache` is how many vectors of questions are kept, so that a repeated question is not encoded again.
    `receipt_days` is how many days a service keeps the receipts that it gives out; 0 keeps none.
    `most_ahead`: if the newest event lies more microseconds after the clock than this, nothing is recorded.
    `receipt_mb` is how many megabytes all receipts may take, and `receipt_mb_per_key` those of one key. Past a limit,
    the oldest are removed.
    `view_mb` is how many megabytes the views of what was asked about may take in each process.
    `reranker` names a cross encoder that orders the best passages anew; None keeps the fused order.
    `block_tokens` is how many tokens of words one block of evidence has at most, where a question does not say.
    """

    home: Path
    model: str = DEFAULT_MODEL
    threads: int | None = None
    precision: Precision = DEFAULT_PRECISION
    query_cache: int = QUERY_CACHE
    thresholds: Thresholds = DEFAULT_THRESHOLDS
    reranker: str | None = None
    block_tokens: int = BLOCK_TOKENS
    receipt_days: int = RECEIPT_DAYS
    most_ahead: int = MOST_AHEAD
    receipt_mb: int = RECEIPT_MB
    receipt_mb_per_key: int = RECEIPT_MB_PER_KEY
    view_mb: int = VIEW_MB

    @classmethod
    def from_environment(cls, home: Path | None = None, reranker: str | None = None) -> "Settings":
        """The settings that the environment gives; most variables are ASOF_ and the name of the setting.

        `home` and `reranker` win over the environment; an empty `reranker` means none.
        """
        threads = _whole("ASOF_THREADS", "a whole number of threads, such as 2")
        if threads == 0:
            raise BadSetting("ASOF_THREADS is '0'; give a whole number of threads, such as 2")
        query_cache = _whole("ASOF_QUERY_CACHE", "how many questions' vectors to keep; 0 keeps none")
        receipt_days = _whole("ASOF_RECEIPT_DAYS", "for how many days to keep receipts; 0 keeps none")
        ahead = _whole("ASOF_CLOCK_AHEAD_SECONDS", "how many seconds the newest event may lie after the clock")
        receipt_mb = _megabytes("ASOF_RECEIPT_MB", RECEIPT_MB, NO_RECEIPTS)
        receipt_mb_per_key = _megabytes("ASOF_RECEIPT_MB_PER_KEY", RECEIPT_MB_PER_KEY, NO_RECEIPTS)
        view_mb = _megabytes("ASOF_VIEW_MB", VIEW_MB)
        block_tokens = _whole("ASOF_BLOCK_TOKENS", "how many tokens one block of evidence has at most, such as 200")
        if block_tokens == 0:
            raise BadSetting("ASOF_BLOCK_TOKENS is '0'; give at least 1: then each passage is a block of its own")
        wanted = os.environ.get("ASOF_PRECISION") or DEFAULT_PRECISION
        precision = next((known for known in PRECISIONS if known == wanted), None)
        if precision is None:
            raise BadSetting(f"ASOF_PRECISION is {wanted!r}; give one of {', '.join(PRECISIONS)}")
        return cls(
            home=home or default_home(),
            model=os.environ.get("ASOF_MODEL") or DEFAULT_MODEL,
            threads=threads,
            precision=precision,
            query_cache=QUERY_CACHE if query_cache is None else query_cache,
            thresholds=Thresholds(
                dense=_share("ASOF_MIN_DENSE", DEFAULT_THRESHOLDS.dense),
                coverage=_share("ASOF_MIN_COVERAGE", DEFAULT_THRESHOLDS.coverage),
            ),
            block_tokens=BLOCK_TOKENS if block_tokens is None else min(block_tokens, MAX_BLOCK_TOKENS),
            receipt_days=RECEIPT_DAYS if receipt_days is None else receipt_days,
            most_ahead=MOST_AHEAD if ahead is None else ahead * 1_000_000,
            receipt_mb=receipt_mb,
            receipt_mb_per_key=receipt_mb_per_key,
            view_mb=view_mb,
            reranker=(os.environ.get("ASOF_RERANKER") if reranker is None else reranker) or None,
        )


@dataclass(frozen=True, slots=True)
class Limits:
    """How long requests may take in the service, how many it works on at once, and how large they may be.

    `head_seconds`: from the start of a connection, or its last answer, until the headers of the next request are there.
    `body_seconds`: until the whole body of a request is there.
    `request_seconds`: from the beginning of a request to the beginning of its answer.
    `drain_seconds`: after the signal to end, the service still takes requests this long, and says that it is not ready.
    `shutdown_seconds`: then it waits this long for the requests that it works on.
    `silent_seconds`: a worker from whose event loop nothing is heard for so long is killed and replaced.
    `most_at_once`: how many requests are worked on or wait for a thread; others are refused for now.
    `most_bytes`: the size of a body. An authored file has at most 4 MB, and its JSON fits.
    """

    head_seconds: float = 10.0
    body_seconds: float = 20.0
    request_seconds: float = 60.0
    drain_seconds: float = 0.5
    shutdown_seconds: float = 60.0
    silent_seconds: float = 30.0
    most_at_once: int = 256
    most_bytes: int = 6 * 1024 * 1024

    @classmethod
    def from_environment(cls) -> "Limits":
        """The limits that the environment gives; each variable is ASOF_ and the name of the limit."""
        usual = cls()
        return cls(
            head_seconds=_seconds("ASOF_HEAD_SECONDS", usual.head_seconds),
            body_seconds=_seconds("ASOF_BODY_SECONDS", usual.body_seconds),
            request_seconds=_seconds("ASOF_REQUEST_SECONDS", usual.request_seconds),
            drain_seconds=_seconds("ASOF_DRAIN_SECONDS", usual.drain_seconds, zero=True),
            shutdown_seconds=_seconds("ASOF_SHUTDOWN_SECONDS", usual.shutdown_seconds),
            silent_seconds=_seconds("ASOF_SILENT_SECONDS", usual.silent_seconds),
        )


def _seconds(name: str, default: float, *, zero: bool = False) -> float:
    """The number of seconds in an environment variable."""
    text = os.environ.get(name, "")
    try:
        seconds = float(text) if text else default
    except ValueError:
        seconds = math.nan
    if not (0 < seconds < math.inf or (zero and seconds == 0)):
        raise BadSetting(f"{name} is {text!r}; give a number of seconds, such as {default:g}")
    return seconds


def _megabytes(name: str, default: int, instead: str = "") -> int:
    """The megabytes in an environment variable, at least one; `instead` says what else keeps nothing."""
    wanted = f"a whole number of megabytes, such as {default}"
    if (given := _whole(name, wanted)) == 0:
        raise BadSetting(f"{name} is '0'; give {wanted}{instead}")
    return default if given is None else given


def _share(name: str, default: float) -> float:
    """The number from 0 to 1 in an environment variable."""
    text = os.environ.get(name, "")
    try:
        share = float(text) if text else default
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise BadSetting(f"{name} is {text!r}; give a number from 0, which never abstains, to 1")
    return share


def _whole(name: str, wanted: str) -> int | None:
    """The whole number in an environment variable; None if it is not set."""
    text = os.environ.get(name, "")
    if text and not (text.isascii() and text.isdigit()):
        raise BadSetting(f"{name} is {text!r}; give {wanted}")
    return int(text) if text else None
