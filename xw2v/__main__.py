"""`python -m xw2v` is the command `xw2v`."""

from xw2v.cli import main

if __name__ == "__main__":
    main()
