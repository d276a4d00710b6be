"""`chipledger parties`: who owns whom, judgements of names, export; a verb's file is imported only when it is called for."""

# verb -> (module in this package, the Typer app or the function in it, one line of help)
VERBS = {
    "owners": ("owners", "command", "Whether listed parties own half of a party on a day, and what the affiliates rule makes of it."),
    "judge": ("judge", "command", "Decide that two names are the same party, different or unsure; or withdraw that."),
    "judgements": ("judgements", "command", "What was decided of names, by whom, when and why; withdrawn ones too."),
    "export": ("export", "command", "Parties, listings and owners for OpenSanctions and Aleph: FollowTheMoney entities or statements."),
}  # fmt: skip
