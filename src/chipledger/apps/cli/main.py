"""The `chipledger` command: loads a noun's file only when that noun is asked for.

Every error of ours ends as one line on standard error and its exit status: 2 for bad usage or input, 3 for an
interrupted run whose ledger is consistent; an unforeseen error keeps its traceback.
"""

import sys


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if arguments == ["--version"]:
        from chipledger import __version__

        print(f"chipledger {__version__}")
        return 0
    from chipledger.core.collecting import uncollected

    with uncollected():  # what is loaded stays; the collector would walk over all of it several times
        from chipledger.apps.cli.commands import run

    return run(arguments)


if __name__ == "__main__":
    sys.exit(main())
