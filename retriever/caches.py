"""Where in a home any program may keep results."""

CACHE = "cache"
"""The folder; it is removed before words are erased."""
