"""The command line: what `catlearn` does in a terminal or a script.

>>> main(["cost", "no.json"])
2
"""

from catlearn.commandline.application import main

__all__ = ["main"]
