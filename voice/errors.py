"""Errors for people: one line that says what is wrong, where, and what to do."""

__all__ = ["InputError", "MomentsError", "SystemFailure"]


class MomentsError(Exception):
    """An error for users; its text is one complete line."""

    exit_code = 1


class InputError(MomentsError):
    """Wrong usage or input: a file, a setting or an option that the user has to correct."""

    exit_code = 2


class SystemFailure(MomentsError):  # noqa: N818 - it names what failed
    """A failure outside the program: a device, the disk, the voice."""
