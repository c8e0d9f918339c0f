"""Where libraries look for the errors."""

from .. import CommError as CommError
from .. import Error as Error
from .. import UsageError as UsageError
