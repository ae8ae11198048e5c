"""The gate: does a candidate ship? Rules that were written before it was measured decide."""
