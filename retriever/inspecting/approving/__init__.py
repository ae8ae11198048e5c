"""What waits for an approval, and who let what was published come into force, as a caller may know of it."""
