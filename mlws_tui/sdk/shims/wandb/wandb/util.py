"""Where scripts look for this one."""

from . import generate_id as generate_id
