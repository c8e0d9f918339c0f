"""Which value of a metric is better, told by its name alone; where that may be taken either way nothing is told."""

from __future__ import annotations

import pytest

from mlws_tui.domain.experiments import lower_is_better

LOWER = (
    "loss val/loss train_loss logloss perplexity eval/ppl nll wer test_cer error_rate rmse fid FID_score "
    "clean-fid latency latency_ms p95/latency brier_score cross_entropy seconds_per_step ms_per_token time_per_batch"
)
HIGHER = (
    "acc val_accuracy f1_macro exact_match eval/exact_match rouge1 rougeL eval_rougeLsum bleu sacrebleu r2 r2_score "
    "mAP map@k mAP@50 ndcg ndcg@10 recall recall@5 precision throughput tokens_per_second train_samples_per_second "
    "score reward success_rate psnr"
)
NEITHER = "lr glossary grad_norm entropy epoch tokens second step_time match exact temperature kl per norm_per_layer"


@pytest.mark.parametrize(
    ("names", "lower"), [(LOWER, True), (HIGHER, False), (NEITHER, None)], ids=["lower", "higher", "neither"]
)
def test_the_name_tells_what_is_better(names: str, lower: bool | None) -> None:
    assert [name for name in names.split() if lower_is_better(name) is not lower] == []
