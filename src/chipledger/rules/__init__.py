"""What the law, the policy and the letters said of a chip on a day: instruments, dated controls, status, history.

Takes an Item (the facts of a chip that the rules ask for), a destination and a day; gives three-valued answers with
reasons and cites. The rules themselves are data (data/instruments, data/controls, data/letters, data/practices,
data/country_groups.yaml). Not legal advice.
"""
