"""What several commands say and ask."""
