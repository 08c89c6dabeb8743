"""`python -m catlearn` is the command `catlearn`."""

from catlearn.commandline import main

__all__: list[str] = []

if __name__ == "__main__":
    raise SystemExit(main())
