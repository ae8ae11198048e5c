"""Pages for those who write policies, and for those who let their words come into force."""
