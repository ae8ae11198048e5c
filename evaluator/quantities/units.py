"""Units of measurement: the kind of quantity of each, and how many of the kind's base units it is."""

from enum import StrEnum
from typing import NamedTuple


class Kind(StrEnum):
    """What a quantity counts. Only quantities of one kind are compared."""

    NUMBER = "number"
    PERCENT = "percentage"
    MONEY = "money"
    DURATION = "duration"
    MEASURE = "measure"
    ORDINAL = "ordinal"
    TIME = "time"
    DATE = "date"


class Unit(NamedTuple):
    """A unit: `factor` of the base called `base`, such as 60 of "seconds" for a minute, 12 of "months" for a year."""

    kind: Kind
    base: str
    factor: float = 1.0


def _named(unit: Unit, *names: str) -> dict[str, Unit]:
    return dict.fromkeys(names, unit)


DAY = 86_400
"""Seconds."""

UNITS: dict[str, Unit] = {
    **_named(Unit(Kind.PERCENT, "%"), "%", "percent", "per cent", "percentage point", "percentage points", "pc"),
    **_named(Unit(Kind.MONEY, "USD"), "$", "us$", "usd", "dollar", "dollars", "us dollar", "us dollars"),
    **_named(Unit(Kind.MONEY, "USD", 0.01), "cent", "cents"),
    **_named(Unit(Kind.MONEY, "AUD"), "a$", "au$", "aud", "australian dollar", "australian dollars"),
    **_named(Unit(Kind.MONEY, "CAD"), "c$", "ca$", "cad", "canadian dollar", "canadian dollars"),
    **_named(Unit(Kind.MONEY, "NZD"), "nz$", "nzd", "new zealand dollar", "new zealand dollars"),
    **_named(Unit(Kind.MONEY, "HKD"), "hk$", "hkd"),
    **_named(Unit(Kind.MONEY, "SGD"), "s$", "sgd"),
    **_named(Unit(Kind.MONEY, "CHF"), "chf", "swiss franc", "swiss francs", "francs"),
    **_named(Unit(Kind.MONEY, "SEK"), "sek", "swedish krona", "swedish kronor"),
    **_named(Unit(Kind.MONEY, "NOK"), "nok"),
    **_named(Unit(Kind.MONEY, "DKK"), "dkk"),
    **_named(Unit(Kind.MONEY, "PLN"), "pln"),
    **_named(Unit(Kind.MONEY, "EUR"), "€", "eur", "euro", "euros"),
    **_named(Unit(Kind.MONEY, "GBP"), "£", "gbp", "pound", "pounds"),
    **_named(Unit(Kind.MONEY, "JPY"), "¥", "jpy", "yen"),
    **_named(Unit(Kind.MONEY, "INR"), "₹", "rs", "inr", "rupee", "rupees"),
    **_named(Unit(Kind.DURATION, "seconds"), "second", "seconds"),
    **_named(Unit(Kind.DURATION, "seconds", 60), "minute", "minutes", "min", "mins"),
    **_named(Unit(Kind.DURATION, "seconds", 3_600), "hour", "hours"),
    **_named(Unit(Kind.DURATION, "seconds", DAY), "day", "days", "calendar day", "calendar days", "full days"),
    **_named(Unit(Kind.DURATION, "seconds", 7 * DAY), "week", "weeks"),
    **_named(Unit(Kind.DURATION, "seconds", 14 * DAY), "fortnight", "fortnights"),
    **_named(Unit(Kind.DURATION, "working days"), "business day", "business days", "working day", "working days"),
    **_named(Unit(Kind.DURATION, "months"), "month", "months", "calendar month", "calendar months"),
    **_named(Unit(Kind.DURATION, "months", 12), "year", "years"),
    **_named(Unit(Kind.DURATION, "months", 120), "decade", "decades"),
    **_named(Unit(Kind.MEASURE, "m"), "metre", "metres", "meter", "meters"),
    **_named(Unit(Kind.MEASURE, "m", 1_000), "km", "kilometre", "kilometres", "kilometer", "kilometers"),
    **_named(Unit(Kind.MEASURE, "m", 0.01), "cm", "centimetre", "centimetres", "centimeter", "centimeters"),
    **_named(Unit(Kind.MEASURE, "m", 0.001), "mm", "millimetre", "millimetres", "millimeter", "millimeters"),
    **_named(Unit(Kind.MEASURE, "m", 1_609.344), "mile", "miles"),
    **_named(Unit(Kind.MEASURE, "m", 0.3048), "foot", "feet", "ft"),
    **_named(Unit(Kind.MEASURE, "m", 0.0254), "inch", "inches"),
    **_named(Unit(Kind.MEASURE, "kg"), "kg", "kilogram", "kilograms", "kilo", "kilos"),
    **_named(Unit(Kind.MEASURE, "kg", 0.001), "g", "gram", "grams"),
    **_named(Unit(Kind.MEASURE, "kg", 1_000), "tonne", "tonnes"),
    **_named(Unit(Kind.MEASURE, "kg", 0.45359237), "lb", "lbs"),
    **_named(Unit(Kind.MEASURE, "km/h"), "km/h", "kph", "kilometres per hour", "kilometers per hour"),
    **_named(Unit(Kind.MEASURE, "km/h", 1.609344), "mph", "miles per hour"),
    **_named(Unit(Kind.MEASURE, "°C"), "°c", "degrees celsius", "degree celsius"),
    **_named(Unit(Kind.MEASURE, "°F"), "°f", "degrees fahrenheit", "degree fahrenheit"),
    **_named(Unit(Kind.MEASURE, "bytes", 1e3), "kb", "kilobyte", "kilobytes"),
    **_named(Unit(Kind.MEASURE, "bytes", 1e6), "mb", "megabyte", "megabytes"),
    **_named(Unit(Kind.MEASURE, "bytes", 1e9), "gb", "gigabyte", "gigabytes"),
    **_named(Unit(Kind.MEASURE, "bytes", 1e12), "tb", "terabyte", "terabytes"),
}
"""Units by name in lower case. A day and a month have different bases, since no number of days is a month."""

COUNT = Unit(Kind.NUMBER, "")

SCALES = {
    "hundred": 1e2,
    "thousand": 1e3,
    "k": 1e3,
    "lakh": 1e5,
    "million": 1e6,
    "mn": 1e6,
    "m": 1e6,
    "crore": 1e7,
    "billion": 1e9,
    "bn": 1e9,
    "b": 1e9,
    "trillion": 1e12,
    "dozen": 12.0,
}
"""Words after a number that multiply it."""
