"""The gate: does a candidate ship, by rules that were written before it was measured?"""
