"""Columns of all that is recorded, by which a question about all policies takes a few array operations."""
