"""What a user can do wrong, as exceptions whose text is one line: what, where, and what to do.

The command line prints that line and exits with `exit_code`; from Python they are ordinary
exceptions, each also a subclass of the built-in one that callers would expect.
"""


def shown(word: str, length: int = 40) -> str:
    """A word in quotes, cut where it is too long for a message of one line."""
    return repr(word if len(word) <= length else word[:length] + "...")


class Xw2vError(Exception):
    """A failure that the user can act on; its message is complete without a traceback."""

    exit_code = 1


class InputError(Xw2vError, ValueError):
    """Bad input: a file, corpus, model or value that cannot be used."""


class UsageError(Xw2vError, ValueError):
    """An option out of range, or options that contradict each other."""

    exit_code = 2


class UnknownWordError(Xw2vError, KeyError):
    """A word that is not in the vocabulary."""

    def __str__(self) -> str:  # KeyError would show the repr of the message
        return str(self.args[0])


class MissingDependencyError(Xw2vError, ImportError):
    """An optional library or device that is not there; the message holds the install line."""


class TrainingError(Xw2vError, RuntimeError):
    """A run that cannot go on, such as a loss that became NaN."""


class Interrupted(Xw2vError):
    """A run that was asked to stop, and did, at a step."""

    exit_code = 130
