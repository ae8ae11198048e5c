"""A setting with its dates: the question says as of when it is asked, and each passage when it is in force."""

from dataclasses import replace

from evaluator.positions.cases import Passage, SweepCase
from evaluator.positions.settings import Setting
from policies.instant import FOREVER, Instant, format_instant
from policies.period import Period

DAY = 86_400_000_000


def dated(setting: Setting) -> Setting:
    """The same passages in the same order, with dates: nothing else differs."""
    as_of = setting.case.as_of
    assert as_of is not None
    shown = (setting.gold, *setting.others)
    periods = [period for item in shown for period in item.valid]
    days = all(_by_day(period, as_of) for period in periods)
    gold, *others = (_with_dates(item, days) for item in shown)
    return replace(
        setting, case=replace(setting.case, question=dated_question(setting.case)), gold=gold, others=(*others,)
    )


def dated_question(case: SweepCase) -> str:
    """The question with the date that it is asked as of."""
    assert case.as_of is not None
    return f"As of {_written(case.as_of, case.as_of % DAY == 0)}: {case.question}"


def _by_day(period: Period, as_of: Instant) -> bool:
    """Whether days tell as much as instants: that the period is no empty one, and whether it holds `as_of`."""
    unclear = (at % DAY != 0 and at // DAY == as_of // DAY for at in (period.start, period.end))
    return period.start // DAY != period.end // DAY and not any(unclear)


def _with_dates(item: Passage, days: bool) -> Passage:
    return replace(item, in_force=", and ".join(_told(period, days) for period in item.valid))


def _told(period: Period, days: bool) -> str:
    """A period as prompts of `asof retrieve` write it."""
    until = "on, no end set" if period.end >= FOREVER else f"until {_written(period.end, days)}"
    return f"from {_written(period.start, days)} {until}"


def _written(instant: Instant, day: bool) -> str:
    text = format_instant(instant)
    return text[:10] if day else text
