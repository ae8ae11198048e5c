"""The files of a ledger: its rows, who may write them, and whether they are what was recorded."""
