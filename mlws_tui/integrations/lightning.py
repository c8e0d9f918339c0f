"""For PyTorch Lightning: ``from mlws_tui.integrations.lightning import MlwsLogger``."""

from mlws_tui.sdk.integrations.lightning import MlwsLogger

__all__ = ["MlwsLogger"]
