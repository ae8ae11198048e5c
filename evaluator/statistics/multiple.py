"""Several measures tested at once: adjusted p-values keep the chance of any false alarm below alpha."""

from collections.abc import Mapping


def holm(p_values: Mapping[str, float]) -> dict[str, float]:
    """Each measure's adjusted p-value. Those below alpha are shown, with a chance below alpha that any is by accident.

    In rising order of p, with m measures: max over j <= i of min(1, (m - j + 1) p_j).
    Holm 1979, "A Simple Sequentially Rejective Multiple Test Procedure", Scand. J. Statist. 6(2).
    """
    from statsmodels.stats.multitest import multipletests

    if not p_values:
        return {}
    adjusted = multipletests(list(p_values.values()), method="holm")[1]
    return {name: float(value) for name, value in zip(p_values, adjusted, strict=True)}
