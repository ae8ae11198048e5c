"""What makes bad evidence, found in an authored file before it is published."""
