"""`python -m patchlib` is the command line."""

from patchlib.cli import main

if __name__ == "__main__":
    main()
