"""``python -m bareface``: the same command line as ``bareface``."""

from bareface.cli.main import main

if __name__ == "__main__":
    main()
