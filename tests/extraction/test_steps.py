"""Which step a value has: from its line, from the bar beside it, from its epoch; and which values are one point."""

from __future__ import annotations

import pytest

from tests.extraction.kit import extract, told


def bar(done: int, total: int, desc: str = "", rest: str = "") -> str:
    """A redraw of a tqdm bar."""
    return f"\r{desc}{done * 100 // total:3d}%|██▌       | {done}/{total} [00:05<04:10,  1.96it/s{rest}]"


def record(**values: float) -> str:
    """A line of Hugging Face's Trainer, written beside its bar."""
    return "\r" + " " * 40 + f"\r{values}\n"


TRAINING = (
    bar(0, 100)
    + bar(8, 100)
    + record(loss=2.5, epoch=0.1)
    + bar(10, 100)
    + bar(20, 100)
    + record(loss=2.4, epoch=0.2)
    + bar(20, 100)
    + "\n"
    + "".join(bar(done, 63) for done in range(0, 64, 9))
    + record(eval_loss=2.2, epoch=0.2)
    + bar(20, 100)
    + bar(29, 100)
    + record(loss=2.3, epoch=0.3)
    + bar(30, 100)
    + "\n"
)


def test_a_record_has_the_step_of_the_bar_that_is_drawn_again_behind_it() -> None:
    assert told(TRAINING) == ["loss=2.5@10", "loss=2.4@20", "eval_loss=2.2@20", "loss=2.3@30"]


def test_the_bar_of_an_evaluation_gives_no_step_and_no_progress() -> None:
    end = (
        bar(100, 100)
        + "\n"
        + "".join(bar(done, 63) for done in range(0, 64, 9))
        + record(eval_loss=2.1, epoch=3.0)
    )
    assert told(TRAINING + end)[-1] == "eval_loss=2.1@100"
    progress = extract(TRAINING + end).progress
    assert progress is not None and (progress.step, progress.total) == (100, 100)


def test_a_second_program_in_the_file_begins_again() -> None:
    assert told(TRAINING + TRAINING) == 2 * told(TRAINING)


def test_bars_of_downloads_and_data_sets_are_no_training() -> None:
    text = (
        bar(10, 40, "Map: ") + bar(2, 2, "Loading checkpoint shards: ") + "\n" + record(loss=2.5, epoch=0.1)
    )
    assert told(text) == ["loss=2.5"]
    assert extract(text).progress is None


def test_lightning_counts_epochs_from_zero_and_repeats_an_evaluation_once() -> None:
    text = (
        bar(1, 38, "Epoch 0: ", ", v_num=0, train/loss_step=2.31")
        + bar(38, 38, "Epoch 0: ", ", v_num=0, train/loss_step=1.9")
        + bar(5, 10, "Validation DataLoader 0: ")
        + bar(38, 38, "Epoch 0: ", ", v_num=0, train/loss_step=1.9, val/loss=1.8")
        + bar(1, 38, "Epoch 1: ", ", v_num=0, train/loss_step=1.7, val/loss=1.8")
        + bar(38, 38, "Epoch 1: ", ", v_num=0, train/loss_step=1.5, val/loss=1.6")
    )
    points = ["train/loss_step=2.31@1", "train/loss_step=1.9@38", "val/loss=1.8@38"]
    assert told(text) == [*points, "train/loss_step=1.7@39", "train/loss_step=1.5@76", "val/loss=1.6@76"]


def test_a_best_line_told_again_is_no_new_point() -> None:
    text = "step 10 loss 0.5\nstep 20 loss 0.4\nstep 30 loss 0.45\n"
    assert told(text + "step 20 loss 0.4\n") == told(text)


def test_a_run_that_was_resumed_goes_back() -> None:
    text = "step 10 loss 0.5\nstep 20 loss 0.4\nstep 30 loss 0.3\nstep 20 loss 0.39\nstep 30 loss 0.29\n"
    assert told(text) == ["loss=0.5@10", "loss=0.4@20", "loss=0.3@30", "loss=0.39@20", "loss=0.29@30"]


def test_lines_of_other_ranks_are_passed_over_where_rank_zero_speaks() -> None:
    lines = [f"[rank{rank}]: step {step} loss {step + rank}.5\n" for step in (10, 20) for rank in (2, 0, 1)]
    assert told("".join(lines)) == ["loss=10.5@10", "loss=20.5@20"]


def test_a_name_alone_must_come_again_with_another_value() -> None:
    assert told("use_of_x: 5\nuse_of_x: 6\n") == []
    assert told("use_of_x: 5\nuse_of_x: 6\nuse_of_x: 7\n") == [f"use_of_x={i}" for i in (5, 6, 7)]
    assert told("throughput: 5 tokens/s\nthroughput: 5 tokens/s\n") == []
    assert told("throughput: 5 tokens/s\nthroughput: 6 tokens/s\n") == ["throughput=5", "throughput=6"]


def test_a_torn_end_at_the_end_of_a_buffer_gives_no_value() -> None:
    line = "step 10 loss 0.5\nstep 20 loss 0.4"
    torn = "#" * (4096 - len(line) - 1) + "\n" + line
    assert told(torn) == ["loss=0.5@10"]
    assert told(torn + "3\n") == ["loss=0.5@10", "loss=0.43@20"]


def test_where_a_sample_stands() -> None:
    text = "first\n2024-10-19T14:30:00Z step 1 loss 0.5\nx\rstep 2 loss 0.4\n"
    first, second = extract(text).samples
    assert (first.line, first.offset, first.ts) == (2, 6, 1729348200.0)
    assert (second.line, second.offset, second.ts) == (3, text.index("step 2"), None)


def test_the_message_of_a_json_line_is_read_as_text() -> None:
    text = '{"ts": 1729348200.5, "level": "info", "message": "Epoch 1/3 - loss: 0.452"}\n'
    (sample,) = extract(text).samples
    assert (sample.name, sample.value, sample.step, sample.ts) == ("loss", 0.452, 1, 1729348200.5)


def test_times_are_read_in_their_order_over_midnight() -> None:
    text = (
        "2024-10-19 23:59:58 - INFO - step 1 loss 0.5\n"
        "23:59:59 step 2 loss 0.4\n"
        "[00:00:01] step 3 loss 0.3\n"
        "10/20/2024 00:00:02 - step 4 loss 0.2\n"
    )
    times = [sample.ts or 0 for sample in extract(text).samples]
    assert [time - times[0] for time in times] == [0, 1, 3, 4]


def record_line(loss: float) -> str:
    """A record that another way of writing put on a line of its own."""
    return f"{{'loss': '{loss}', 'epoch': 0.1}}\n"


def bar_line(done: int, elapsed: str) -> str:
    """A bar on a line of its own."""
    return f" {done}%|█         | {done}/100 [{elapsed}<01:30,  1.00s/it]\n"


def test_a_bar_above_a_record_is_its_own_where_the_one_behind_is_later() -> None:
    text = "".join(bar_line(done, f"00:{done}") + record_line(done / 8) for done in (10, 20, 30))
    assert told(text) == ["loss=1.25@10", "loss=2.5@20", "loss=3.75@30"]
    assert told(text.replace("]\n", "]\r")) == told(text)


def test_a_bar_that_is_drawn_again_at_once_behind_a_record_is_its_own() -> None:
    text = bar_line(8, "00:04") + record_line(2.5) + bar_line(10, "00:05")
    text += bar_line(19, "00:09") + record_line(2.25) + bar_line(20, "00:09")
    assert told(text) == ["loss=2.5@10", "loss=2.25@20"]


def test_no_record_is_lost_where_two_have_the_same_bar() -> None:
    text = bar_line(10, "00:10") + record_line(2.5) + bar_line(20, "00:10") + record_line(2.25)
    assert told(text) == ["loss=2.5@20", "loss=2.25"]
    assert told(text + record_line(2.0)) == ["loss=2.5@20", "loss=2.25", "loss=2"]


def test_an_evaluation_that_begins_behind_a_record_gives_it_no_step() -> None:
    text = bar_line(50, "00:50") + record_line(2.5) + " 0%|   | 0/63 [00:00<?, ?it/s]\n"
    assert told(text) == ["loss=2.5@50"]


def test_results_alone_that_come_often_in_an_epoch_lose_none() -> None:
    text = "Epoch 1/2\nloss: 0.9\nloss: 0.8\nEpoch 2/2\nloss: 0.7\n"
    assert told(text) == ["loss=0.9@1", "loss=0.8", "loss=0.7"]


def test_a_count_without_a_word_tells_how_far_the_program_is() -> None:
    progress = extract("[  0/1251 (  0%)]  Loss: 7.1\n[ 50/1251 (  4%)]  Loss: 6.94 (6.95)\n").progress
    assert progress is not None and (progress.step, progress.total) == (50, 1251)
    assert extract("[12/345] Building CXX object foo.o\nStep 3/12 : ENV LR=0.1\n").progress is None


def test_what_is_done_one_after_the_other_is_no_step_of_other_lines() -> None:
    text = "step 100 loss 0.5\nRequest 3: latency 1.5s\nRequest 4: latency 1.25s\nval_loss: 0.25\n"
    assert told(text) == ["loss=0.5@100", "latency=1.5@3", "latency=1.25@4", "val_loss=0.25@100"]


def test_the_time_before_a_json_object_is_its_own() -> None:
    (sample,) = extract('2024-10-19T14:30:00Z INFO {"step": 7, "loss": 0.5}\n').samples
    assert (sample.step, sample.ts) == (7, 1729348200.0)


@pytest.mark.parametrize(
    "setting",
    [
        '"config": {"lr": %s, "optim": {"betas1": 0.9}}',
        '"config.lr": %s',
        '"Args/lr": %s',
        '"run": {"params": {"lr": %s}}',
    ],
)
@pytest.mark.parametrize("before", ["", "2024-10-19 14:30:00 - INFO - "])
def test_settings_of_a_json_line_are_no_series(setting: str, before: str) -> None:
    lines = [f'{before}{{"step": {n}, "loss": {1 / n}, {setting % (n / 8)}}}' for n in range(1, 9)]
    found = extract("\n".join(lines) + "\n")
    assert {sample.name for sample in found.samples} == {"loss"}
