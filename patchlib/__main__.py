"""`python -m patchlib` is the command line."""

from patchlib.cli import main

main()
