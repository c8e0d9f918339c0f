"""For Keras 3: ``from mlws_tui.integrations.keras import MlwsCallback``."""

from mlws_tui.sdk.integrations.keras import MlwsCallback

__all__ = ["MlwsCallback"]
