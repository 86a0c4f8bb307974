"""`python -m alto`, and the command `alto`."""

import sys


def main() -> None:
    """Run the command line, which needs the extra `cli`."""
    try:
        from alto.cli.main import main as run
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in {"rich", "typer"}:
            raise
        sys.exit(f"Error: the command line needs {error.name}: pip install 'alto-search[cli]'")
    run()


if __name__ == "__main__":
    main()
