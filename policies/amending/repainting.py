"""A policy's timeline painted anew without what was undone, and the paint that an undo needs to show it.

An undo says: as if that had never been recorded. So each later event is asked again for what it paints without it. A
rule that stopped where an undone one began goes on, and no older rule comes back in its place.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from policies.event import NOTHING, Event, Paint
from policies.instant import FOREVER
from policies.period import Period
from policies.timeline import PolicyTimeline, publish_periods, restored_paint, undone_by


@dataclass(frozen=True, slots=True)
class PaintedAnew:
    """The events of a policy that count, each with what it paints among those alone; and the timeline they make."""

    events: tuple[Event, ...]
    timeline: PolicyTimeline


def painted_anew(policy_id: str, events: Sequence[Event], without: Collection[int] = ()) -> PaintedAnew:
    """A policy as if what was undone, and the events of the transactions `without`, had never been recorded."""
    taken_back = [(event.tx, event.undoes) for event in events if event.undoes]
    undone = undone_by([*taken_back, (FOREVER, tuple(without))])
    recorded = anew = PolicyTimeline(policy_id)
    counted: list[Event] = []
    for index, event in enumerate(events):
        if event.tx not in undone and not event.undoes:
            again = replace(event, painted=_asked_again(event, events[:index], recorded, counted, anew))
            anew = anew.painted([again])
            counted.append(again)
        recorded = recorded.painted([event])
    return PaintedAnew(tuple(counted), anew)


def corrected_paint(timeline: PolicyTimeline, corrected: int, by: int | None) -> tuple[Paint, ...]:
    """The periods that a revision shows, as those of the revision that corrects it."""
    shown = [cell for cell in timeline.top if cell.revision == corrected]
    return tuple(replace(cell.paint, period=cell.valid, revision=by) for cell in shown)


def repaint(shown: PolicyTimeline, wanted: PolicyTimeline) -> tuple[Paint, ...]:
    """What makes one timeline show what another one does, over the periods in which they differ."""
    paints = []
    for cell in wanted.top:
        same = [other.valid for other in shown.over(cell.valid) if _alike(other.paint, cell.paint)]
        paints += [replace(cell.paint, period=period) for period in cell.valid.without(same)]
    unsaid: list[Period] = []
    for cell in shown.top:
        for period in cell.valid.without(other.valid for other in wanted.over(cell.valid)):
            touching = bool(unsaid) and unsaid[-1].end == period.start
            unsaid.append(Period(unsaid.pop().start, period.end) if touching else period)
    paints += [Paint(period, NOTHING, period.start, False) for period in unsaid]
    return tuple(sorted(paints, key=lambda paint: paint.period))


def _asked_again(
    event: Event, before: Sequence[Event], recorded: PolicyTimeline, counted: Sequence[Event], anew: PolicyTimeline
) -> tuple[Paint, ...]:
    """What an event paints on the timeline `anew`, where it painted `event.painted` on the one `recorded`.

    A row of an import paints its own period on either. So does what was recorded by rules that are not known here.
    """
    if event.kind == "restore":
        start = event.painted[0].period.start if event.start is None else event.start
        if event.start is None and tuple(restored_paint(recorded, before, start)) != event.painted:
            return event.painted
        return tuple(restored_paint(anew, counted, start))
    if event.corrects is not None:
        return corrected_paint(anew, event.corrects, event.revision)
    if event.kind == "publish" and event.painted[0].open_ended:
        rule = event.painted[0]
        for replacing in dict.fromkeys((event.replace_scheduled, True)):
            was = publish_periods(recorded, rule.origin, None, replace_scheduled=replacing)
            if was == [paint.period for paint in event.painted]:
                periods = publish_periods(anew, rule.origin, None, replace_scheduled=replacing)
                return tuple(replace(rule, period=period) for period in periods)
    return event.painted


def _alike(paint: Paint, other: Paint) -> bool:
    """Whether both show the same rule, also where it stops and starts."""
    return replace(paint, period=Period(0)) == replace(other, period=Period(0))
