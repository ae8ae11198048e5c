"""The contract of a task, as rows: what an answer's form, its facts and its use have to be, whatever it is about."""
