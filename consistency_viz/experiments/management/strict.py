"""What the commands share: wrong arguments are bad input, and bad input has one exit status."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any, Final, NoReturn

from django.core.management.base import BaseCommand, CommandError, CommandParser

EXIT_BAD_INPUT: Final = 3


class StrictCommand(BaseCommand):
    """A command whose wrong arguments exit with 3: argparse's own 2 says "unknown" where verdicts are exit statuses."""

    requires_system_checks = ()

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """The usual parser, with that status."""
        parser = super().create_parser(prog_name, subcommand, **kwargs)

        def error(message: str) -> NoReturn:
            if not parser.called_from_command_line:
                raise CommandError(f"Error: {message}", returncode=EXIT_BAD_INPUT)
            parser.print_usage(sys.stderr)
            parser.exit(EXIT_BAD_INPUT, f"{parser.prog}: error: {message}\n")

        parser.error = error  # type: ignore[method-assign]
        return parser

    def warn(self, texts: Iterable[object]) -> None:
        """Say on the error stream what is not wrong, but hardly what was meant."""
        for text in texts:
            self.stderr.write(self.style.WARNING(f"Warning: {text}"))


def bad_input(text: str) -> CommandError:
    """The error for input that cannot be used; ``text`` says what would be right."""
    return CommandError(text, returncode=EXIT_BAD_INPUT)
