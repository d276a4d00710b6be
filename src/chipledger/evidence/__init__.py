"""From documents to quoted evidence: mentions of chips with purpose, count, subject, hours and techniques."""
