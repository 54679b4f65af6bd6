"""`python -m softeid` is the command `softeid`."""

import sys

from softeid.harness.cli import main

if __name__ == "__main__":
    sys.exit(main())
