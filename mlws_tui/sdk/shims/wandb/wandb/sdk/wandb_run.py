"""Where libraries look for the run's class."""

from .. import Run as Run
