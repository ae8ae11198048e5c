"""What was in force, and what was known, when: drafts, revisions, the ledger and its two clocks."""
