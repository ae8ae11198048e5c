"""The review queue: what a person should judge next, and the labels that came of it."""
