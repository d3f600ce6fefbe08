"""The error that a user can mend."""


class InputError(ValueError):
    """What came cannot be used; the message says what was wanted and the likely fix."""
