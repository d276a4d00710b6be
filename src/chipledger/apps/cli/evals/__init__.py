"""`chipledger evals`: dangerous uses with benchmarks and thresholds; a verb's file is imported only when it is called for."""

# verb -> (module in this package, the Typer app or the function in it, one line of help)
VERBS = {
    "register": ("register", "app", "The register: use cases, benchmarks, thresholds, frameworks by date."),
    "plan": ("plan", "command", "How many items and epochs a question needs, and what that costs."),
    "run": ("run", "command", "Run a use case's benchmarks on a model with Inspect AI; goes on where it was."),
    "ingest": ("ingest", "command", "Read evaluation logs into the ledger: Inspect, lm-evaluation-harness, published tables."),
    "due": ("due", "command", "What is to be run again, and why."),
    "decide": ("decide", "command", "Decide what the runs allow to be said; raises alarms."),
    "replay": ("replay", "command", "Decide every decision again and compare byte for byte."),
    "compare": ("compare", "command", "Compare two models item by item, from two logs."),
    "forecast": ("forecast", "command", "Months until a threshold at constant controls, with interval and back-test."),
    "report": ("report", "command", "One self-contained HTML page: trajectories, intervals, thresholds, alarms."),
}  # fmt: skip
