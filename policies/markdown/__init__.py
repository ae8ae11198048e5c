"""Markdown as every reader of a policy takes it: its blocks, and where they stand in the source."""
