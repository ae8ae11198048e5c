"""What the evaluator's tour is made of, besides `scripts/evaluate`, which starts it."""
