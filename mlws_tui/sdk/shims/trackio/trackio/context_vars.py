"""Where TRL looks for the open run."""

from . import _calls

current_run = _calls.context_vars.current_run
current_project = _calls.context_vars.current_project
current_space_id = _calls.context_vars.current_space_id
current_server = _calls.context_vars.current_server
current_share_server = _calls.context_vars.current_share_server
