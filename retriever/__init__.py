"""From a question and two instants to evidence: eligibility first, then ranking, then citations that can be checked."""
