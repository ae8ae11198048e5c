"""The instant that a trace was asked as of, beside the one that it should have been: what was sent, and how far off."""

from policies.instant import Instant, format_instant, parse_instant, to_datetime
from retriever.traces.trace import Trace

_MINUTE = 60_000_000
_DAY = 24 * 60 * _MINUTE
_ZONES, _ZONE_STEP = 14 * 60 * _MINUTE, 15 * _MINUTE
"""No zone lies further from UTC than 14 hours, and all of them lie a number of quarters of an hour from it."""


def wrong_instant(trace: Trace, wanted: Instant, whose: str = "case") -> str | None:
    """What other instant than the wanted one the trace was asked as of, with both; None where there is none.

    The trace and its receipt may each say an instant, in any form; each has to be the wanted one. `whose` says what
    the wanted instant is of: the case, or the trace itself.
    """
    sent = _sent(trace)
    wrong = [text for text in (sent, trace.as_of) if text is not None and parse_instant(text) != wanted]
    if not wrong:
        return None
    said = f"asked as of {_shown(wrong[0])}"
    if sent is not None and trace.as_of is not None and parse_instant(sent) != parse_instant(trace.as_of):
        said = f"asked as of {_shown(sent)} by its receipt"
        said += f" and as of {_shown(trace.as_of)} by its trace" if whose == "case" else ""
    return f"{said}, where the {whose} is as of {format_instant(wanted)}: {apart(wanted, parse_instant(wrong[0]))}"


def instants_said(trace: Trace) -> list[Instant]:
    """The instants that the trace and its receipt say, each once."""
    return list(dict.fromkeys(parse_instant(text) for text in (trace.as_of, _sent(trace)) if text is not None))


def apart(wanted: Instant, used: Instant) -> str:
    """How far from the wanted instant the used one lies, in words, with the slip that it looks like."""
    side = "later" if used > wanted else "earlier"
    distance = abs(used - wanted)
    slip = _slip(wanted, used)
    return f"{_length(distance)} {side}" + (f", {slip}" if slip else "")


def _sent(trace: Trace) -> str | None:
    receipt = trace.of_receipt
    return None if receipt is None else receipt.request.as_of


def _shown(text: str) -> str:
    """An instant as it was written, and in UTC too where it was written with another offset."""
    has_offset = text.strip()[10:] and text.strip()[-1] not in "Zz"
    return f"{text} ({format_instant(parse_instant(text))})" if has_offset else text


def _length(distance: int) -> str:
    """A distance in its two largest units."""
    days, rest = divmod(distance, _DAY)
    hours, rest = divmod(rest, 60 * _MINUTE)
    minutes, rest = divmod(rest, _MINUTE)
    parts = [f"{days:,} day{'' if days == 1 else 's'}" if days else "", f"{hours} h" if hours else ""]
    parts += [f"{minutes} min" if minutes else "", f"{rest / 1_000_000:g} s" if rest else ""]
    return " ".join([part for part in parts if part][:2])


def _slip(wanted: Instant, used: Instant) -> str | None:
    """The slip that takes one instant to the other, where it looks like one."""
    distance, one, other = abs(used - wanted), to_datetime(wanted), to_datetime(used)
    if distance <= _ZONES and distance % _ZONE_STEP == 0:
        return "as where a day or time is read in another time zone"
    if one.replace(year=2000) == other.replace(year=2000):
        return "the same day of another year"
    if (one.year, one.month, one.day, one.time()) == (other.year, other.day, other.month, other.time()):
        return "as where day and month change places"
    return None
