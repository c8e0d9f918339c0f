"""What happened on a day beside the runs themselves: commits, scripts, data, models and checkpoints."""
