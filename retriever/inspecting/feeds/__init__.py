"""What comes next, for feed readers and calendars."""
