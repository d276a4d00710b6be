"""`python -m chipledger` is the `chipledger` command."""

import sys

from chipledger.apps.cli.main import main

sys.exit(main())
