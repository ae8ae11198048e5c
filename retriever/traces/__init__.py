"""What is recorded of models that use the service: traces of their answers, and receipts of their evidence."""
