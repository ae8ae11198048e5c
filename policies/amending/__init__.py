"""What changes what was recorded, by recording more: taking back, painting anew."""
