"""`chipledger rules`: views of the rules: how far a chip lies from each line, what changed, what a proposal would change."""

import typer

from chipledger.apps.cli import chart, diff, distance, duty, what_if

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def views_of_the_rules() -> None:
    """Views of the rules: how far a chip lies from each line, what changed, what a proposal would change.

    Example: chipledger rules distance H20 --on 2024-03-01
    """


app.command("distance")(distance.command)
app.command("diff")(diff.command)
app.command("duty")(duty.command)
app.command("what-if")(what_if.command)
app.command("chart")(chart.command)
