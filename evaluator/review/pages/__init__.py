"""What a person sees of a case: the question, the page, and once a label was given what the checkers found."""
