"""`python -m alto`: the command line."""

from alto.cli.main import main

if __name__ == "__main__":
    main()
