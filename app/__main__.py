"""`python -m app`. Kept light: the engine's child processes import this file again."""

if __name__ == "__main__":
    from app.cli import main

    main()
