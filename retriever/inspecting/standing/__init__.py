"""How policies stand at a point on both clocks, as a reader sees them on a page."""
