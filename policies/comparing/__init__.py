"""What became of a revision's passages, and of the words that govern them, in another revision."""
