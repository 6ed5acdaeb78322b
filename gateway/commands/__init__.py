"""The subcommands of ``dragoman``, one a file."""
