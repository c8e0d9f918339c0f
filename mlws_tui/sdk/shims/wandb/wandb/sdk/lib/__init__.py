"""Where libraries look for some of the names."""


class RunDisabled:
    """No run of ours is one."""
