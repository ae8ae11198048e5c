"""A quantity: a place in a text that says how much, when, or which one in an order."""

from dataclasses import dataclass

from evaluator.quantities.bounds import Bound, bounded
from evaluator.quantities.units import Kind


@dataclass(frozen=True, slots=True)
class Quantity:
    """A quantity at `text[start:end]`; a bound before it begins at `begin`.

    It stands for the closed range of values that its words allow: "38" allows 38, "more than 40" allows all above 40.
    `low` to `high`, in the base unit of its kind, is the number without its bound. `factor` is the value of its last
    digit: 1e6 in "3 million", 1e5 in "3.1 million". A date with `anniversary` has no year: it is a day of any year.
    """

    start: int
    end: int
    begin: int
    kind: Kind
    base: str
    low: float
    high: float
    bound: Bound = Bound.EXACT
    factor: float = 1.0
    anniversary: bool = False

    @property
    def range(self) -> tuple[float, float]:
        """The least and the greatest value that the words allow."""
        return bounded(self.low, self.high, self.bound, step=1.0 if self.kind is Kind.DATE else 0.0)
