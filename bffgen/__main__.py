"""`python -m bffgen`."""

from bffgen.cli import run

if __name__ == "__main__":
    run()
