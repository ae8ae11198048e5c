"""Quantities in texts, and whether two of them agree."""

from evaluator.quantities.agreement import Relation as Relation
from evaluator.quantities.agreement import comparable as comparable
from evaluator.quantities.agreement import quantities as quantities
from evaluator.quantities.agreement import rebounded as rebounded
from evaluator.quantities.agreement import relation as relation
from evaluator.quantities.quantity import Quantity as Quantity
from evaluator.quantities.units import Kind as Kind
