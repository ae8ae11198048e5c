"""Where in a context a reader finds its answer: the same passages, the right one at each of several positions."""
