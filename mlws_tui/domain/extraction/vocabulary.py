"""Words that names of metrics are made of, and words that never are one."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: People would call it a metric wherever it stands.
METRIC = _words(
    """
    loss losses nll ce bce xent perplexity ppl bpb bpc bpd elbo kl kld kldiv entropy crossentropy
    acc accuracy top1 top5 precision recall f1 fscore auc auroc auprc ap ar map map50 map75 miou iou
    dice jaccard mcc kappa bleu rouge rougel rouge1 rouge2 meteor cider chrf wer cer ter em exact
    fid psnr ssim lpips mse mae rmse mape smape r2 logloss multilogloss merror mlogloss rmsle ndcg
    mrr hits reward rewards return returns score success winrate advantage advantages margins margin
    chosen rejected err error metric l1 l2
    """
)
#: Belongs to a line of training without being a result.
SPEED = _words(
    """
    lr mfu hfu tflops tflop tps throughput grad gnorm norm gradnorm speed tgs tokens utilization
    scale momentum time ms latency fps qps rps iops duration
    """
)
#: May stand before a metric's name and belong to it.
QUALIFIERS = _words(
    """
    train training val valid validation eval evaluation test testing avg average mean running total
    final lm best box cls obj dfl mask seg rpn kl grad gradient learning micro macro weighted per
    global local policy value critic actor generator discriminator g d gen disc student teacher top
    min max median std token word character sequence masked pixel class frame episode ep
    reconstruction recon regression contrastive distillation aux auxiliary smoothed ema overall
    balanced binary categorical sparse cross throughput generation prompt kv mixed f1 l1 l2 roc pr
    exact bits nlp mlm nsp cosine root squared absolute error
    """
)
#: Never a metric: counters, addresses, settings that are printed by the way.
NEVER = _words(
    """
    epoch epochs ep step steps iter iters iteration iterations it batch batches global_step
    total_steps max_steps current_steps eta elapsed elapsed_time remaining remaining_time time_left
    left port pid ppid tid rank local_rank global_rank world_size version v_num seed id uid gid job
    jobid job_id gpu gpus device devices cuda node nodes node_rank host line col column row year
    month day date timestamp ts size shape width height level code exit_code status lineno index idx
    worker workers num_workers thread threads batch_size bs total count hour hours minute minutes
    seed_everything num_epochs epochs_total max_epochs best_epoch best_step best_iteration http
    https tcp udp file rc returncode signal errno exit retry attempt retries offset len layer
    layers dim dims heads vocab at from to in of on part chunk shard page finished done complete
    completed percentage percent progress
    """
)
#: Of those, what alone on a line is a result, if it has a decimal point.
RESULT = _words(
    """
    loss losses nll ce bce xent perplexity ppl bpb bpc elbo crossentropy acc accuracy top1 top5 precision recall f1
    fscore auc auroc auprc map map50 miou iou dice jaccard mcc kappa bleu rouge rougel rouge1 rouge2 meteor cider chrf
    wer cer fid psnr ssim lpips mse mae rmse mape smape r2 logloss rmsle ndcg mrr reward rewards score
    """
)
#: Settings as well as metrics: alone on a line they are a dump of settings until they have changed often.
SETTINGS = _words(
    """
    lr learning_rate weight_decay momentum temperature scale
    """
)
