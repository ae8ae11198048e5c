"""What a model boundary records: traces of answers, and the receipts of the evidence that it asked for."""
