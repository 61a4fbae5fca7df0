"""What may go wrong, said in one line: what, where, and what to do."""

__all__ = ["InputError", "MomentsError", "SystemFailure"]


class MomentsError(Exception):
    """Something that the people who use the assistant should read; its text is one whole line."""

    exit_code = 1


class InputError(MomentsError):
    """Wrong usage or input: a file, a setting or an option that has to be mended."""

    exit_code = 2


class SystemFailure(MomentsError):  # noqa: N818 - not the error is broken, but the thing
    """Something outside broke: a device, the disk, the voice."""
