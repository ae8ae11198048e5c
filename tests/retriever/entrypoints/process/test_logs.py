"""The service's log: one line for each event, and nothing in it that callers or authors wrote."""

import errno
import io
import json
import logging
import os
import time
import traceback
from collections.abc import Iterator
from typing import Any

import pytest

from retriever.entrypoints.process.logs import REPEATED, service_log, take_over

QUESTION = "Is Ann dismissed?"


@pytest.fixture
def stream() -> io.BytesIO:
    return io.BytesIO()


@pytest.fixture
def _logging() -> Iterator[None]:
    """Python's `logging` as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers, root.level = handlers, level
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).propagate = True


def lines(stream: io.BytesIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def raised(error: Exception) -> Exception:
    """The error as it is once it was raised while another was handled."""
    try:
        try:
            raise KeyError(QUESTION)
        except KeyError:
            raise error  # noqa: B904 - what was handled is to be its context
    except type(error) as found:
        return found


class SmallDisk(io.RawIOBase):
    """A stream with room for so many bytes."""

    def __init__(self, room: int) -> None:
        super().__init__()
        self.room = room
        self.held = b""

    def write(self, given: Any) -> int:
        if not self.room:
            raise OSError(errno.ENOSPC, "No space left on device")
        fits = bytes(given)[: self.room]
        self.held, self.room = self.held + fits, self.room - len(fits)
        return len(fits)


@pytest.mark.usefixtures("_logging")
def test_a_line_that_cannot_be_written_is_lost_and_the_next_ones_tell_of_it() -> None:
    disk = SmallDisk(160)
    log = service_log(disk, as_json=True)
    take_over(log)
    for number in range(3):
        log.info("request", number=number)
    logging.getLogger("elsewhere").error("more")
    disk.room = 10_000
    log.info("request", number=3)
    log.info("request", number=4)
    first, torn, *others = disk.held.splitlines()
    assert json.loads(first)["number"] == 0
    assert torn.startswith(b'{"time"')
    assert [(line["event"], line.get("lines"), line.get("number")) for line in map(json.loads, others)] == [
        ("lines of this log are lost", 3, None),
        ("request", None, 3),
        ("request", None, 4),
    ]


def test_a_pipe_that_nobody_reads_keeps_no_one_waiting() -> None:
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb", buffering=0) as reader, os.fdopen(writing, "wb", buffering=0) as pipe:
        log = service_log(pipe, as_json=True)
        began = time.monotonic()
        for number in range(3000):
            log.info("request", number=number, words="x" * 100)
        assert time.monotonic() - began < 20  # without end, where each line waits for a reader
        os.set_blocking(reading, False)
        held = reader.read(1 << 20) or b""
        log.info("request", number=3000)
        pipe.close()
        held += reader.read(1 << 20) or b""
    numbers = [found.get("number", found) for found in map(json.loads, held.splitlines())]
    kept = numbers[:-2]
    assert kept == list(range(len(kept)))
    assert (numbers[-2]["event"], numbers[-2]["lines"], numbers[-1]) == (
        "lines of this log are lost",
        3000 - len(kept),
        3000,
    )


def test_line_is_json_with_time_level_and_event_first(stream: io.BytesIO) -> None:
    service_log(stream, as_json=True).info("request", status=200)
    [line] = lines(stream)
    assert list(line) == ["time", "level", "event", "status"]
    assert (line["level"], line["event"], line["status"]) == ("info", "request", 200)
    assert line["time"].endswith("Z")


def test_error_is_told_by_kind_and_place_and_never_by_its_message(stream: io.BytesIO) -> None:
    service_log(stream, as_json=True).error("request", error=raised(ValueError(f"cannot parse {QUESTION!r}")))
    [line] = lines(stream)
    assert line["error"] == "ValueError"
    assert "test_logs.py" in line["traceback"]
    assert line["traceback"].index("KeyError") < line["traceback"].rindex("ValueError")
    assert "Ann" not in stream.getvalue().decode()


def test_error_of_the_system_keeps_its_message(stream: io.BytesIO) -> None:
    service_log(stream, as_json=True).error("request", error=raised(OSError(28, "No space left on device")))
    assert "No space left on device" in lines(stream)[0]["traceback"]


@pytest.mark.usefixtures("_logging")
def test_what_others_log_goes_the_same_way_and_only_its_first_line(stream: io.BytesIO) -> None:
    take_over(service_log(stream, as_json=True))
    logging.getLogger("uvicorn.error").warning("Invalid HTTP request received.")
    logging.getLogger("asyncio").error("Task exception was never retrieved\nfuture: %s", QUESTION)
    logging.getLogger("uvicorn.error").info("not from warnings on")
    logging.getLogger("uvicorn.error").error(REPEATED, exc_info=raised(ValueError(QUESTION)))
    logging.getLogger("x").error("failed", exc_info=raised(ValueError(QUESTION)))
    said = [(line["event"], line["logger"]) for line in lines(stream)]
    assert said == [
        ("Invalid HTTP request received.", "uvicorn.error"),
        ("Task exception was never retrieved", "asyncio"),
        ("failed", "x"),
    ]
    assert "Ann" not in stream.getvalue().decode()


@pytest.mark.usefixtures("_logging")
def test_of_a_traceback_in_words_the_kind_of_the_last_error_is_told(stream: io.BytesIO) -> None:
    take_over(service_log(stream, as_json=True))
    error = raised(ValueError(f"{QUESTION}\nAnn: {QUESTION}"))
    error.__cause__ = raised(KeyError(QUESTION))
    logging.getLogger("uvicorn.error").error("".join(traceback.format_exception(error)))
    assert lines(stream)[0]["event"] == "Traceback (most recent call last): ValueError"
    assert "Ann" not in stream.getvalue().decode()


def test_on_a_terminal_a_line_is_to_be_read_and_holds_no_more(stream: io.BytesIO) -> None:
    service_log(stream, as_json=False).error("request", status=500, error=raised(ValueError(QUESTION)))
    text = stream.getvalue().decode()
    assert "request" in text
    assert "status=500" in text
    assert "ValueError" in text
    assert "Ann" not in text
