"""`chipledger perf`: what a training run takes on a cluster, and how far off that is; a verb's file is imported only when it is called for."""

# verb -> (module in this package, the Typer app or the function in it, one line of help)
VERBS = {
    "validate": ("validate", "command", "How far off the model is on a table of published runs, by stratum and term."),
    "calibrate": ("calibrate", "command", "Fit the few constants on a table of runs, each group left out in turn."),
}  # fmt: skip
