"""Where the outside comes in: commands, the HTTP service, and what both print."""
