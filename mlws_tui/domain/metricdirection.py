"""What the name of a metric tells of which value is better."""

from __future__ import annotations

import re


def _words(line: str) -> frozenset[str]:
    return frozenset(line.split())


#: Words of a metric's name that tell what is better. Whole words: ``glossary`` says nothing of a loss.
_LOWER = _words(
    "loss logloss nll ppl perplexity error err mse mae rmse mape wer cer eer ece brier fid lpips latency"
)
_HIGHER = _words(
    "acc accuracy f1 auc auroc auprc map ndcg mrr iou miou dice mcc r2 bleu sacrebleu chrf meteor rouge rouge1 "
    "rouge2 rougel rougelsum bertscore reward return success precision recall psnr ssim throughput"
)
#: Words that tell it together: of ``tokens_per_second`` more is better, of ``seconds_per_step`` less.
_TOGETHER = (
    (re.compile(r"\bper (s|sec|second|minute|min|hour|h)$"), False),
    (re.compile(r"\b(ms|s|sec|seconds?|minutes?|hours?|time) per [a-z]+$"), True),
    (re.compile(r"\bexact match$"), False),
    (re.compile(r"\bcross entropy$"), True),
)
_WORDS = re.compile(r"[a-z0-9]+")


def lower_is_better(name: str) -> bool | None:
    """What the name of a metric tells of which value is better; None where it tells nothing."""
    words = _WORDS.findall(name.lower())
    told = " ".join(words)
    for pattern, lower in _TOGETHER:
        if pattern.search(told):
            return lower
    for word in reversed(words):
        if word in _LOWER or word in _HIGHER:
            return word in _LOWER
    return False if "score" in words else None  # of a score more is better, but of an FID score less
