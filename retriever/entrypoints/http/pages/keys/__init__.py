"""Pages of keys, for those who operate the service: who may call, another who may, and one who may no longer."""
