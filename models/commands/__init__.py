"""The subcommands of python -m models: each module adds its own to the parser, and runs them."""
