"""The ways in from outside: commands, the HTTP service and tools of assistants."""
