"""`python -m asobna`: the command line, where its script is not on the path."""

from asobna.outputs.cli import main

if __name__ == "__main__":
    main()
