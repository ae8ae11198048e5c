"""The contract of a task, as rows: which form an answer must have, which facts it must keep, how it must be useful."""
