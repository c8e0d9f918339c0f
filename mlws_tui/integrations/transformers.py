"""For Hugging Face Transformers and TRL: ``from mlws_tui.integrations.transformers import MlwsCallback``."""

from mlws_tui.sdk.integrations.transformers import MlwsCallback

__all__ = ["MlwsCallback"]
