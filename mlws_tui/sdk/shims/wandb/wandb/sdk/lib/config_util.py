"""Where the Trainer's callback looks for this error."""


class ConfigError(Exception):
    """Setting a configuration again is no error here: this is never raised."""
