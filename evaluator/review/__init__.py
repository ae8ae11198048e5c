"""The review queue: what a person should judge next, and the labels that people gave."""
