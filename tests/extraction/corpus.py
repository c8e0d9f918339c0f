# ruff: noqa: E501
"""Excerpts of logs as frameworks write them, with what they are to give."""

from __future__ import annotations

from typing import NamedTuple


class Case(NamedTuple):
    """A log and its samples, as ``name=value@step``."""

    name: str
    text: str
    gives: str


CASES = [
    Case(
        "script-logging",
        "2024-10-19 14:30:00 - INFO - Epoch 1/3 complete - Loss: 0.452, Val Loss: 0.389\n",
        "loss=0.452@1 val/loss=0.389@1",
    ),
    Case(
        "script-logging-source",
        "2024-10-19 14:30:00,123 - __main__ - INFO - Epoch 1 | Train Loss: 0.652 | Train Acc: 65.20% | Val Loss: 0.589 | Val Acc: 67.1%\n"
        "2024-10-19 14:31:00,123 - __main__ - INFO - Epoch 2 | Train Loss: 0.452 | Train Acc: 75.20% | Val Loss: 0.489 | Val Acc: 70.1%\n",
        "train/loss=0.652@1 train/acc=0.652@1 val/loss=0.589@1 val/acc=0.671@1 "
        "train/loss=0.452@2 train/acc=0.752@2 val/loss=0.489@2 val/acc=0.701@2",
    ),
    Case(
        "script-zero-padded",
        "Epoch [030/300] - Train Loss: 34.87, Valid Loss: 28.0, LR: [0.001]\n"
        "Epoch [031/300] - Train Loss: 33.01, Valid Loss: 27.5, LR: [0.001]\n",
        "train/loss=34.87@30 val/loss=28@30 lr=0.001@30 train/loss=33.01@31 val/loss=27.5@31 lr=0.001@31",
    ),
    Case(
        "script-yunjey",
        "Epoch [1/5], Step [100/600], Loss: 2.3012\n"
        "Epoch [1/5], Step [600/600], Loss: 1.3012\n"
        "Epoch [2/5], Step [100/600], Loss: 1.1012\n",
        "loss=2.3012@100 loss=1.3012@600 loss=1.1012@700",
    ),
    Case(
        "script-epoch-batch",
        "Epoch 1, Batch 100, Loss: 0.9\nEpoch 1, Batch 200, Loss: 0.8\nEpoch 2, Batch 100, Loss: 0.7\n",
        "loss=0.9@100 loss=0.8@200 loss=0.7@300",
    ),
    Case(
        "script-equals",
        "epoch=1 step=100 loss=0.52 acc=0.81 lr=1e-3\n"
        "epoch=1 step=200 loss=0.42 acc=0.83 lr=1e-3\n"
        "epoch=2 step=300 loss=0.32 acc=0.85 lr=5e-4\n",
        "loss=0.52@100 acc=0.81@100 lr=0.001@100 loss=0.42@200 acc=0.83@200 lr=0.001@200 "
        "loss=0.32@300 acc=0.85@300 lr=0.0005@300",
    ),
    Case(
        "script-colored",
        "\x1b[32m2024-10-19 14:30:00\x1b[0m \x1b[1mINFO\x1b[0m step 10: loss=\x1b[31m2.31\x1b[0m\n",
        "loss=2.31@10",
    ),
    Case(
        "script-parens",
        "Epoch: 3 (loss: 0.123, accuracy: 0.95)\n",
        "loss=0.123@3 accuracy=0.95@3",
    ),
    Case(
        "script-seconds",
        "Epoch 5 finished in 12.3s - loss: 0.34 - f1: 0.81\n",
        "loss=0.34@5 f1=0.81@5",
    ),
    Case(
        "script-tensor",
        "step 5 loss: tensor(2.3026, device='cuda:0', grad_fn=<NllLossBackward0>)\n"
        "step 6 loss: tensor(2.2026, device='cuda:0', grad_fn=<NllLossBackward0>)\n",
        "loss=2.3026@5 loss=2.2026@6",
    ),
    Case(
        "script-nan",
        "step 5 loss: nan\nstep 6 loss: inf grad_norm: 3.5\n",
        "loss=nan@5 loss=inf@6 grad_norm=3.5@6",
    ),
    Case(
        "script-plain-loss",
        "loss: 0.9\nloss: 0.8\nloss: 0.7\n",
        "loss=0.9 loss=0.8 loss=0.7",
    ),
    Case(
        "script-epoch-header",
        "Epoch 0/24\n"
        "----------\n"
        "train Loss: 0.4812 Acc: 0.7712\n"
        "val Loss: 0.2012 Acc: 0.9346\n"
        "\n"
        "Epoch 1/24\n"
        "----------\n"
        "train Loss: 0.3812 Acc: 0.8712\n"
        "val Loss: 0.1012 Acc: 0.9446\n",
        "loss=0.4812@0 acc=0.7712@0 val/loss=0.2012@0 val/acc=0.9346@0 loss=0.3812@1 "
        "acc=0.8712@1 val/loss=0.1012@1 val/acc=0.9446@1",
    ),
    Case(
        "quickstart",
        "Epoch 1\n"
        "-------------------------------\n"
        "loss: 2.303494  [   64/60000]\n"
        "loss: 2.294637  [ 6464/60000]\n"
        "Test Error: \n"
        " Accuracy: 50.9%, Avg loss: 2.150742 \n"
        "\n"
        "Epoch 2\n"
        "-------------------------------\n"
        "loss: 2.103494  [   64/60000]\n"
        "Test Error: \n"
        " Accuracy: 60.9%, Avg loss: 1.950742 \n",
        "loss=2.30349@64 loss=2.29464@6464 test/accuracy=0.509@6464 test/loss=2.15074@6464 "
        "loss=2.10349@60064 test/accuracy=0.609@60064 test/loss=1.95074@60064",
    ),
    Case(
        "mnist",
        "Train Epoch: 1 [0/60000 (0%)]\tLoss: 2.305400\n"
        "Train Epoch: 1 [640/60000 (1%)]\tLoss: 1.305400\n"
        "\n"
        "Test set: Average loss: 0.3141, Accuracy: 9100/10000 (91%)\n"
        "\n"
        "Train Epoch: 2 [0/60000 (0%)]\tLoss: 0.305400\n",
        "loss=2.3054@0 loss=1.3054@640 test/loss=0.3141@640 test/accuracy=0.91@640 loss=0.3054@60000",
    ),
    Case(
        "imagenet",
        "Epoch: [0][   1/5005]\tTime  4.301 ( 4.301)\tData  3.011 ( 3.011)\tLoss 6.9123e+00 (6.9123e+00)\tAcc@1   0.25 (  0.25)\tAcc@5   1.00 (  1.00)\n"
        "Epoch: [0][  11/5005]\tTime  0.301 ( 0.512)\tData  0.011 ( 0.112)\tLoss 6.9023e+00 (6.9111e+00)\tAcc@1   0.35 (  0.27)\tAcc@5   1.10 (  1.01)\n"
        "Test: [  1/196]\tTime  0.100 ( 0.200)\tLoss 1.2000e+00 (1.9000e+00)\tAcc@1  70.00 ( 55.10)\tAcc@5  90.00 ( 78.40)\n"
        "Test: [196/196]\tTime  0.100 ( 0.200)\tLoss 1.3000e+00 (1.8000e+00)\tAcc@1  71.00 ( 56.10)\tAcc@5  91.00 ( 79.40)\n"
        " *   Acc@1 56.100 Acc@5 79.400\n",
        "time=4.301@1 data=3.011@1 loss=6.9123@1 acc@1=0.25@1 acc@5=1@1 time=0.301@11 "
        "data=0.011@11 loss=6.9023@11 acc@1=0.35@11 acc@5=1.1@11 test/loss=1.8@11 "
        "test/acc@1=56.1@11 test/acc@5=79.4@11 val/acc@1=56.1@11 val/acc@5=79.4@11",
    ),
    Case(
        "imagenet-old",
        "Epoch: [0][10/5005]\tTime 0.301 (0.512)\tData 0.011 (0.112)\tLoss 6.9023 (6.9111)\tPrec@1 0.350 (0.270)\tPrec@5 1.100 (1.010)\n",
        "time=0.301@10 data=0.011@10 loss=6.9023@10 prec@1=0.35@10 prec@5=1.1@10",
    ),
    Case(
        "cifar-tutorial",
        "[1,  2000] loss: 2.173\n[1, 12000] loss: 1.273\n[2,  2000] loss: 1.173\n",
        "loss=2.173@2000 loss=1.273@12000 loss=1.173@14000",
    ),
    Case(
        "timm",
        "Train: 0 [   0/1251 (  0%)]  Loss: 6.94 (6.94)  Time: 4.2s,  60.12/s  (4.2s,  60.12/s)  LR: 1.000e-05  Data: 3.1 (3.1)\n"
        "Train: 0 [  50/1251 (  4%)]  Loss: 6.91 (6.93)  Time: 0.294s,  870.12/s  (0.345s,  742.01/s)  LR: 1.000e-05  Data: 0.010 (0.031)\n"
        "Test: [   0/48]  Time: 1.123 (1.123)  Loss:  1.1123 (1.1123)  Acc@1: 71.1234 (71.1234)  Acc@5: 91.1234 (91.1234)\n"
        "Test: [  48/48]  Time: 0.123 (0.234)  Loss:  1.0123 (1.2345)  Acc@1: 70.1234 (68.2345)  Acc@5: 90.1234 (88.2345)\n"
        "Train: 1 [   0/1251 (  0%)]  Loss: 5.91 (5.91)  Time: 0.294s,  870.12/s  (0.345s,  742.01/s)  LR: 2.000e-05  Data: 0.010 (0.031)\n",
        "loss=6.94@0 time=4.2@0 lr=1e-05@0 data=3.1@0 loss=6.91@50 time=0.294@50 lr=1e-05@50 "
        "data=0.01@50 test/loss=1.2345@50 test/acc@1=68.2345@50 test/acc@5=88.2345@50 "
        "loss=5.91@1251 time=0.294@1251 lr=2e-05@1251 data=0.01@1251",
    ),
    Case(
        "deit-json",
        '{"train_lr": 9.99e-07, "train_loss": 6.91, "test_loss": 6.88, "test_acc1": 0.4, "test_acc5": 1.9, "epoch": 0, "n_parameters": 5717416}\n'
        '{"train_lr": 0.0004, "train_loss": 6.61, "test_loss": 5.88, "test_acc1": 4.4, "test_acc5": 11.9, "epoch": 1, "n_parameters": 5717416}\n',
        "train_lr=9.99e-07@0 train_loss=6.91@0 test_loss=6.88@0 test_acc1=0.4@0 "
        "test_acc5=1.9@0 train_lr=0.0004@1 train_loss=6.61@1 test_loss=5.88@1 test_acc1=4.4@1 "
        "test_acc5=11.9@1",
    ),
    Case(
        "llama-factory",
        '{"current_steps": 300, "total_steps": 6750, "loss": 1.7341, "lr": 4.4e-05, "epoch": 0.13, "percentage": 4.44, "elapsed_time": "0:15:30", "remaining_time": "5:33:07"}\n',
        "loss=1.7341@300 lr=4.4e-05@300",
    ),
    Case(
        "structured-json",
        '{"ts": 1729348200.5, "level": "INFO", "step": 10, "metrics": {"train": {"loss": 1.5, "acc": 0.5}}, "msg": "train"}\n'
        '{"ts": 1729348201.5, "level": "INFO", "step": 11, "metrics": {"train": {"loss": 1.4, "acc": 0.6}}, "msg": "train"}\n',
        "metrics/train/loss=1.5@10 metrics/train/acc=0.5@10 metrics/train/loss=1.4@11 "
        "metrics/train/acc=0.6@11",
    ),
    Case(
        "ultralytics",
        "      Epoch    GPU_mem   box_loss   cls_loss   dfl_loss  Instances       Size\n"
        "      1/100      2.5G      1.234      2.345      1.345         32        640: 100%|██████████| 16/16 [00:03<00:00,  4.50it/s]\n"
        "                 Class     Images  Instances      Box(P          R      mAP50  mAP50-95): 100%|██████████| 4/4 [00:01<00:00,  2.10it/s]\n"
        "                   all        128        929      0.654      0.543      0.612      0.445\n"
        "      Epoch    GPU_mem   box_loss   cls_loss   dfl_loss  Instances       Size\n"
        "      2/100      2.5G      1.134      2.245      1.245         30        640: 100%|██████████| 16/16 [00:03<00:00,  4.50it/s]\n",
        "GPU_mem=2.5@1 box_loss=1.234@1 cls_loss=2.345@1 dfl_loss=1.345@1 box/P=0.654@1 "
        "box/R=0.543@1 box/mAP50=0.612@1 box/mAP50-95=0.445@1 GPU_mem=2.5@2 box_loss=1.134@2 "
        "cls_loss=2.245@2 dfl_loss=1.245@2",
    ),
    Case(
        "fastai",
        "epoch     train_loss  valid_loss  accuracy  time    \n"
        "0         0.234567    0.123456    0.951000  00:12     \n"
        "1         0.134567    0.103456    0.961000  00:12     \n",
        "train_loss=0.234567@0 valid_loss=0.123456@0 accuracy=0.951@0 train_loss=0.134567@1 "
        "valid_loss=0.103456@1 accuracy=0.961@1",
    ),
    Case(
        "xgboost",
        "[0]\ttrain-rmse:1.98123\tvalid-rmse:1.93456\n"
        "[1]\ttrain-rmse:1.58123\tvalid-rmse:1.63456\n"
        "[2]\ttrain-rmse:1.48123\tvalid-rmse:1.73456\n",
        "train-rmse=1.98123@0 valid-rmse=1.93456@0 train-rmse=1.58123@1 valid-rmse=1.63456@1 "
        "train-rmse=1.48123@2 valid-rmse=1.73456@2",
    ),
    Case(
        "lightgbm",
        "[LightGBM] [Info] Total Bins 255\n"
        "[LightGBM] [Info] Start training from score 0.500000\n"
        "Training until validation scores don't improve for 50 rounds\n"
        "[20]\ttraining's auc: 0.71\tvalid_1's auc: 0.53\n"
        "[40]\ttraining's auc: 0.81\tvalid_1's auc: 0.63\n"
        "[60]\ttraining's auc: 0.91\tvalid_1's auc: 0.61\n"
        "Early stopping, best iteration is:\n"
        "[40]\ttraining's auc: 0.81\tvalid_1's auc: 0.63\n",
        "train/auc=0.71@20 valid_1/auc=0.53@20 train/auc=0.81@40 valid_1/auc=0.63@40 "
        "train/auc=0.91@60 valid_1/auc=0.61@60",
    ),
    Case(
        "catboost",
        "Learning rate set to 0.0302\n"
        "0:\tlearn: 0.6931\ttest: 0.6932\tbest: 0.6932 (0)\ttotal: 58ms\tremaining: 58s\n"
        "100:\tlearn: 0.4931\ttest: 0.5932\tbest: 0.5932 (100)\ttotal: 5.8s\tremaining: 5.8s\n"
        "\n"
        "bestTest = 0.5932\n"
        "bestIteration = 100\n",
        "learn=0.6931@0 test=0.6932@0 learn=0.4931@100 test=0.5932@100",
    ),
    Case(
        "verl",
        "step:26 - actor/kl_loss:0.0012 - critic/rewards/mean:0.512 - timing_s/gen:12.3 - response_length/mean:212.1\n",
        "actor/kl_loss=0.0012@26 critic/rewards/mean=0.512@26",
    ),
    Case(
        "nemo",
        "Epoch 0: :   1%|          | 10/1000 [00:10<17:00, reduced_train_loss=10.90, global_step=9.000, consumed_samples=80.00, train_step_timing in s=0.912]\n"
        "Epoch 0: :   1%|          | 11/1000 [00:11<17:00, reduced_train_loss=10.80, global_step=10.00, consumed_samples=88.00, train_step_timing in s=0.911]\n",
        "reduced_train_loss=10.9@10 consumed_samples=80@10 train_step_timing_in_s=0.912@10 "
        "consumed_samples=88@11 reduced_train_loss=10.8@11 train_step_timing_in_s=0.911@11",
    ),
    Case(
        "skorch",
        "  epoch    train_loss    valid_acc    valid_loss     dur\n"
        "-------  ------------  -----------  ------------  ------\n"
        "      1        0.6868       0.6000        0.6740  0.0421\n"
        "      2        0.6706       0.6500        0.6617  0.0221\n",
        "train_loss=0.6868@1 valid_acc=0.6@1 valid_loss=0.674@1 train_loss=0.6706@2 "
        "valid_acc=0.65@2 valid_loss=0.6617@2",
    ),
    Case(
        "allennlp",
        "accuracy: 0.9100, loss: 0.2500 ||: 100%|##########| 50/50 [00:10<00:00,  4.8it/s]\n",
        "",
    ),
    Case(
        "spacy",
        "E    #       LOSS TOK2VEC  LOSS NER  ENTS_F  ENTS_P  ENTS_R  SCORE \n"
        "---  ------  ------------  --------  ------  ------  ------  ------\n"
        "  0       0          0.00     45.90    0.00    0.00    0.00    0.00\n"
        "  0     200        120.00   1845.90   52.00   51.00   53.00    0.52\n",
        "",
    ),
    Case(
        "nerfstudio",
        "Step (% Done)       Vis Rays / Sec  Train Iter (time)   ETA (time)  \n"
        "100 (0.33%)         1.2 M           45.3 ms             22 m, 33 s  \n",
        "",
    ),
    Case(
        "openai-baselines",
        "| ep_rew_mean     | 23.4     |\n",
        "ep_rew_mean=23.4",
    ),
    Case(
        "ray",
        "(RayTrainWorker pid=1234, ip=10.0.0.5) [rank0]: step 10 loss 2.3\n"
        "(RayTrainWorker pid=1235, ip=10.0.0.6) [rank1]: step 10 loss 2.4\n"
        "(RayTrainWorker pid=1234, ip=10.0.0.5) [rank0]: step 20 loss 2.1\n"
        "(RayTrainWorker pid=1235, ip=10.0.0.6) [rank1]: step 20 loss 2.2\n",
        "loss=2.3@10 loss=2.1@20",
    ),
    Case(
        "ranks-reversed",
        "[rank1]: step 10 loss 2.4\n"
        "[rank0]: step 10 loss 2.3\n"
        "[rank1]: step 20 loss 2.2\n"
        "[rank0]: step 20 loss 2.1\n",
        "loss=2.3@10 loss=2.1@20",
    ),
    Case(
        "rank-alone",
        "[Rank 16] step 10 loss 2.4\n[Rank 16] step 20 loss 2.2\n",
        "loss=2.4@10 loss=2.2@20",
    ),
    Case(
        "detectron-eval",
        "[10/19 14:30:00 d2.evaluation.testing]: copypaste: AP,AP50,AP75,APs,APm,APl\n"
        "[10/19 14:30:00 d2.evaluation.testing]: copypaste: 38.1,58.2,41.0,20.1,41.2,50.3\n",
        "",
    ),
    Case(
        "speechbrain",
        "epoch: 1, lr: 1.00e+00 - train loss: 3.12 - valid loss: 2.45, valid CER: 34.12, valid WER: 65.1\n"
        "epoch: 2, lr: 1.00e+00 - train loss: 2.12 - valid loss: 1.45, valid CER: 24.12, valid WER: 45.1\n",
        "lr=1@1 train/loss=3.12@1 val/loss=2.45@1 val/cer=34.12@1 val/wer=65.1@1 lr=1@2 "
        "train/loss=2.12@2 val/loss=1.45@2 val/cer=24.12@2 val/wer=45.1@2",
    ),
    Case(
        "espnet",
        "[gpu01] 2024-10-19 14:30:00,123 (trainer:737) INFO: 1epoch:train:1-500batch: iter_time=1.2e-04, forward_time=0.11, loss_ctc=210.1, loss_att=95.2, acc=0.12, loss=129.7, backward_time=0.02, train_time=0.31\n",
        "iter_time=0.00012@500 forward_time=0.11@500 loss_ctc=210.1@500 loss_att=95.2@500 "
        "acc=0.12@500 loss=129.7@500 backward_time=0.02@500 train_time=0.31@500",
    ),
    Case(
        "kaldi",
        "LOG (nnet3-train[5.5]:PrintStatsForThisPhase():nnet-training.cc:123) Average objective function for 'output' for minibatches 0-99 is -2.34 over 12345 frames.\n",
        "",
    ),
    Case(
        "tqdm-postfix",
        "  0%|          | 0/938 [00:00<?, ?it/s]\rEpoch 1/10:  50%|█████     | 469/938 [00:06<00:06, 75.1it/s, loss=0.42]\rEpoch 1/10: 100%|██████████| 938/938 [00:12<00:00, 75.1it/s, loss=0.32]\n"
        "Epoch 2/10: 100%|██████████| 938/938 [00:12<00:00, 75.1it/s, loss=0.22]\n",
        "loss=0.42@469 loss=0.32@938 loss=0.22@1876",
    ),
    Case(
        "hf-final",
        "{'train_runtime': 1204.5, 'train_samples_per_second': 33.2, 'train_steps_per_second': 2.1, 'train_loss': 1.234, 'epoch': 3.0}\n"
        "***** train metrics *****\n"
        "  epoch                    =        3.0\n"
        "  total_flos               =   123456GF\n"
        "  train_loss               =      1.234\n"
        "  train_runtime            = 0:20:04.50\n",
        "train_samples_per_second=33.2 train_steps_per_second=2.1 train_loss=1.234",
    ),
    Case(
        "hf-no-bar",
        "{'loss': '6.048', 'grad_norm': '1.2', 'learning_rate': '5e-05', 'epoch': '0.1'}\n"
        "{'loss': '5.048', 'grad_norm': '1.1', 'learning_rate': '4e-05', 'epoch': '0.2'}\n",
        "loss=6.048 grad_norm=1.2 learning_rate=5e-05 loss=5.048 grad_norm=1.1 learning_rate=4e-05",
    ),
    Case(
        "keras2",
        "Epoch 1/2\n"
        "  1/128 [..............................] - ETA: 1:20 - loss: 2.4 - accuracy: 0.06\r 64/128 [=============>................] - ETA: 0s - loss: 1.9 - accuracy: 0.3\x08\x08\x08\x08\r128/128 [==============================] - 1s 3ms/step - loss: 1.6459 - accuracy: 0.5114 - val_loss: 1.2 - val_accuracy: 0.6\n"
        "Epoch 2/2\n"
        "128/128 [==============================] - 1s 3ms/step - loss: 1.1 - accuracy: 0.7 - val_loss: 1.0 - val_accuracy: 0.71\n",
        "accuracy=0.5114@1 loss=1.6459@1 val_accuracy=0.6@1 val_loss=1.2@1 accuracy=0.7@2 "
        "loss=1.1@2 val_accuracy=0.71@2 val_loss=1@2",
    ),
    Case(
        "keras3-piped",
        "Epoch 1/2\n"
        "\x1b[1m  1/128\x1b[0m \x1b[37m━━━━━━━━━━━━━━━━━━━━\x1b[0m \x1b[1m1:20\x1b[0m 632ms/step - accuracy: 0.0625 - loss: 2.4\n"
        "\x1b[1m128/128\x1b[0m \x1b[32m━━━━━━━━━━━━━━━━━━━━\x1b[0m\x1b[37m\x1b[0m \x1b[1m1s\x1b[0m 3ms/step - accuracy: 0.51 - loss: 1.65\n"
        "\x1b[1m128/128\x1b[0m \x1b[32m━━━━━━━━━━━━━━━━━━━━\x1b[0m\x1b[37m\x1b[0m \x1b[1m1s\x1b[0m 4ms/step - accuracy: 0.512 - loss: 1.64 - val_accuracy: 0.6 - val_loss: 1.2\n"
        "Epoch 2/2\n"
        "\x1b[1m128/128\x1b[0m \x1b[32m━━━━━━━━━━━━━━━━━━━━\x1b[0m\x1b[37m\x1b[0m \x1b[1m1s\x1b[0m 4ms/step - accuracy: 0.612 - loss: 1.14 - val_accuracy: 0.7 - val_loss: 1.0\n"
        "\x1b[1m313/313\x1b[0m \x1b[32m━━━━━━━━━━━━━━━━━━━━\x1b[0m\x1b[37m\x1b[0m \x1b[1m1s\x1b[0m 1ms/step - accuracy: 0.65 - loss: 1.1\n",
        "accuracy=0.512@1 loss=1.64@1 val_accuracy=0.6@1 val_loss=1.2@1 accuracy=0.612@2 "
        "loss=1.14@2 val_accuracy=0.7@2 val_loss=1@2",
    ),
    Case(
        "vllm",
        "(APIServer pid=23283) INFO 10-19 14:30:00 [loggers.py:111] Engine 000: Avg prompt throughput: 12.1 tokens/s, Avg generation throughput: 43.2 tokens/s, Running: 4 reqs, Waiting: 0 reqs, GPU KV cache usage: 3.9%, Prefix cache hit rate: 0.0%\n",
        "avg_prompt_throughput=12.1 avg_generation_throughput=43.2 running=4 waiting=0 "
        "gpu_kv_cache_usage=0.039 prefix_cache_hit_rate=0",
    ),
    Case(
        "olmo",
        "2024-10-19T14:30:00Z INFO [step=5/15000,epoch=0]\n"
        "    train/CrossEntropyLoss=11.27\n"
        "    train/Perplexity=78,432\n"
        "    throughput/total_tokens=18,874,368\n"
        "    System/Peak GPU Memory (MB)=43,112\n"
        "2024-10-19T14:31:00Z INFO something else: 5\n",
        "train/CrossEntropyLoss=11.27@5 train/Perplexity=78432@5 "
        "throughput/total_tokens=1.88744e+07@5 System/Peak_GPU_Memory=43112@5",
    ),
    Case(
        "resume",
        "step 100 loss 2.0\n"
        "step 110 loss 1.9\n"
        "step 120 loss 1.8\n"
        "step 100 loss 1.95\n"
        "step 110 loss 1.85\n"
        "step 130 loss 1.7\n",
        "loss=2@100 loss=1.9@110 loss=1.8@120 loss=1.95@100 loss=1.85@110 loss=1.7@130",
    ),
    Case(
        "two-programs",
        "step 0 loss 2.0\nstep 10 loss 1.9\nstep 0 loss 2.1\nstep 10 loss 1.8\n",
        "loss=2@0 loss=1.9@10 loss=2.1@0 loss=1.8@10",
    ),
    Case(
        "epoch-bar-hf",
        "  1%|▏         | 5/500 [00:05<04:10,  1.96it/s]\r  2%|▏         | 10/500 [00:05<04:10,  1.96it/s]\r                                                \r{'loss': 2.3, 'epoch': 0.1}\n"
        "  2%|▏         | 10/500 [00:05<04:10,  1.96it/s]\r  4%|▏         | 20/500 [00:05<04:10,  1.96it/s]\n",
        "loss=2.3@10",
    ),
    Case(
        "clocks",
        "2024-10-19 23:59:58 - INFO - step 1 loss 0.5\n"
        "23:59:59 step 2 loss 0.4\n"
        "[00:00:01] step 3 loss 0.3\n"
        "10/20/2024 00:00:02 - step 4 loss 0.2\n"
        "I1020 00:00:03.123456 1234 solver.cpp:239] Iteration 5, loss = 0.1\n",
        "loss=0.5@1 loss=0.4@2 loss=0.3@3 loss=0.2@4 loss=0.1@5",
    ),
    Case(
        "rl",
        "Episode 10 | Reward: 23.4 | Avg Reward: 20.1 | Epsilon: 0.9\n"
        "Episode 20 | Reward: 25.4 | Avg Reward: 21.1 | Epsilon: 0.8\n"
        "Episode 30 | Reward: 35.4 | Avg Reward: 25.1 | Epsilon: 0.7\n",
        "reward=23.4@10 avg_reward=20.1@10 reward=25.4@20 avg_reward=21.1@20 reward=35.4@30 "
        "avg_reward=25.1@30 epsilon=0.9@10 epsilon=0.8@20 epsilon=0.7@30",
    ),
    Case(
        "build-nanogpt",
        "step    10 | loss: 3.312345 | lr 6.0000e-04 | norm: 0.8213 | dt: 123.45ms | tok/sec: 12345.67\n"
        "step    11 | loss: 3.212345 | lr 6.0000e-04 | norm: 0.7213 | dt: 124.45ms | tok/sec: 12347.67\n"
        "step    12 | loss: 3.112345 | lr 6.0000e-04 | norm: 0.6213 | dt: 125.45ms | tok/sec: 12349.67\n",
        "loss=3.31235@10 lr=0.0006@10 norm=0.8213@10 loss=3.21235@11 lr=0.0006@11 "
        "norm=0.7213@11 loss=3.11234@12 lr=0.0006@12 norm=0.6213@12 dt=123.45@10 dt=124.45@11 "
        "dt=125.45@12 tok/sec=12345.7@10 tok/sec=12347.7@11 tok/sec=12349.7@12",
    ),
    Case(
        "caffe",
        "I1019 14:30:00.123456 1234 solver.cpp:239] Iteration 100 (5.2 iter/s, 19.2s/100 iters), loss = 2.31\n"
        "I1019 14:30:00.123456 1234 solver.cpp:258]     Train net output #0: loss = 2.31 (* 1 = 2.31 loss)\n",
        "loss=2.31@100",
    ),
    Case(
        "global-and-epoch",
        "Epoch 1/3, global step 100, loss: 0.9\n"
        "Epoch 1/3, global step 200, loss: 0.8\n"
        "Epoch 1/3 done, val_loss: 0.85\n"
        "Epoch 2/3, global step 300, loss: 0.7\n",
        "loss=0.9@100 loss=0.8@200 val_loss=0.85@200 loss=0.7@300",
    ),
    Case(
        "no-trainer",
        "epoch 0: {'accuracy': 0.85, 'f1': 0.9}\nepoch 1: {'accuracy': 0.86, 'f1': 0.91}\n",
        "accuracy=0.85@0 f1=0.9@0 accuracy=0.86@1 f1=0.91@1",
    ),
    Case(
        "ppo-epoch",
        "Epoch: 0 | Step: 10 | PPO Epoch: 1 | Actor Loss: 0.1 | Critic Loss: 0.2 | Unsupervised Loss: 0.0\n",
        "actor_loss=0.1@10 critic_loss=0.2@10 unsupervised_loss=0@10",
    ),
    Case(
        "step-dict",
        "Step 100: {'loss': 0.5, 'acc': 0.8}\n",
        "loss=0.5@100 acc=0.8@100",
    ),
    Case(
        "fairseq-valid",
        "| valid on 'valid' subset | loss 3.2 | ppl 9.1 | num_updates 1000\n",
        "",
    ),
    Case(
        "early-stopping",
        "Validation loss decreased (inf --> 0.456).  Saving model ...\n"
        "EarlyStopping counter: 1 out of 5\n"
        "Validation loss decreased (0.456 --> 0.389).  Saving model ...\n",
        "val/loss=0.456 early_stopping_counter=1 val/loss=0.389",
    ),
    Case(
        "single-spaces",
        "Epoch 1 train loss: 0.5 val loss: 0.4\n",
        "train/loss=0.5@1 val/loss=0.4@1",
    ),
    Case(
        "cost-after",
        "Cost after epoch 10: 0.6931\nLoss at step 100: 0.5\nCost after iteration 200: 0.6\n",
        "cost=0.6931@10 loss=0.5@100 cost=0.6@200",
    ),
    Case(
        "pytorch-gan",
        "[Epoch 0/200] [Batch 10/938] [D loss: 0.693212] [G loss: 0.712312]\n",
        "d_loss=0.693212@10 g_loss=0.712312@10",
    ),
    Case(
        "gpt-neox",
        " samples/sec: 10.1 | iteration       10/  320000 | elapsed time per iteration (ms): 1615.7 | learning rate: 1.442E-04 | lm_loss: 7.89E+00 |\n",
        "elapsed_time_per_iteration=1615.7@10 learning_rate=0.0001442@10 lm_loss=7.89@10",
    ),
    Case(
        "flax",
        "train epoch: 1, loss: 0.5, accuracy: 84.2\neval epoch: 1, loss: 0.4, accuracy: 88.2\n",
        "loss=0.5@1 accuracy=84.2@1 eval/loss=0.4@1 eval/accuracy=88.2@1",
    ),
    Case(
        "maxtext",
        "completed step: 10, seconds: 5.123, TFLOP/s/device: 100.1, Tokens/s/device: 4000.1, total_weights: 65536, loss: 9.123\n",
        "loss=9.123@10",
    ),
    Case(
        "mxnet",
        "INFO:root:Epoch[0] Batch [50]\tSpeed: 1010.87 samples/sec\taccuracy=0.5\n"
        "INFO:root:Epoch[0] Train-accuracy=0.9\n"
        "INFO:root:Epoch[0] Validation-accuracy=0.95\n",
        "speed=1010.87@50 accuracy=0.5@50 train-accuracy=0.9@50 validation-accuracy=0.95@50",
    ),
    Case(
        "paddle",
        "[2024/10/19 14:30:00] ppocr INFO: epoch: [1/500], global_step: 10, lr: 0.0001, acc: 0.0, loss: 30.1, avg_reader_cost: 0.1 s\n",
        "lr=0.0001@10 acc=0@10 loss=30.1@10",
    ),
    Case(
        "network-accuracy",
        "Accuracy of the network on the 10000 test images: 54 %\n",
        "",
    ),
    Case(
        "epoch-and-batch",
        "Epoch 3/10, batch 100/938: loss=0.5\nEpoch 4/10, batch 100/938: loss=0.4\n",
        "loss=0.5@1976 loss=0.4@2914",
    ),
    Case(
        "it",
        "it 100 loss 0.5\nit: 200, loss: 0.4\n",
        "loss=0.5@100 loss=0.4@200",
    ),
    Case(
        "bar-epochs",
        "Epoch 1: 100%|██████████| 938/938 [00:12<00:00, 75.1it/s, loss=0.32, acc=91.2]\n"
        "Epoch 2: 100%|██████████| 938/938 [00:12<00:00, 75.1it/s, loss=0.22, acc=93.2]\n",
        "loss=0.32@938 acc=91.2@938 acc=93.2@1876 loss=0.22@1876",
    ),
    Case(
        "bar-desc-value",
        "  0%|  | 0/938 [00:00<?, ?it/s]\rloss: 0.5:  50%|██| 469/938 [00:06<00:06, 75.1it/s]\n",
        "loss=0.5@469",
    ),
    Case(
        "epoch-then-bar",
        "Epoch 1/3\n"
        "100%|██████████| 938/938 [00:12<00:00, 75.1it/s, loss=0.32]\n"
        "val_loss: 0.3\n"
        "Epoch 2/3\n"
        "100%|██████████| 938/938 [00:12<00:00, 75.1it/s, loss=0.22]\n"
        "val_loss: 0.2\n",
        "loss=0.32@938 val_loss=0.3@938 loss=0.22@1876 val_loss=0.2@1876",
    ),
    Case(
        "epoch-then-lines",
        "100%|██| 10/10 [00:12<00:00, 1it/s]\n"
        "Epoch 1/2\n"
        "Train loss: 0.5\n"
        "Val loss: 0.4\n"
        "Epoch 2/2\n"
        "Train loss: 0.3\n"
        "Val loss: 0.35\n",
        "train/loss=0.5@1 val/loss=0.4@1 train/loss=0.3@2 val/loss=0.35@2",
    ),
    Case(
        "training-loss-lines",
        "2024-10-19 14:30:00 - INFO - Training Loss: 0.523 | Validation Loss: 0.489 | Accuracy: 78.3%\n"
        "2024-10-19 14:31:00 - INFO - Training Loss: 0.423 | Validation Loss: 0.389 | Accuracy: 80.3%\n",
        "train/loss=0.523 val/loss=0.489 accuracy=0.783 train/loss=0.423 val/loss=0.389 accuracy=0.803",
    ),
    Case(
        "epoch-then-loss",
        "2024-10-19 14:30:00 - INFO - Epoch 1/3\n"
        "2024-10-19 14:30:00 - INFO - Loss: 0.523\n"
        "2024-10-19 14:31:00 - INFO - Epoch 2/3\n"
        "2024-10-19 14:31:00 - INFO - Loss: 0.423\n",
        "loss=0.523@1 loss=0.423@2",
    ),
    Case(
        "step-of-total",
        "Step 100/1000 (10.0%) - loss: 0.5 - ETA: 0:05:00 - 12.3 it/s\n",
        "loss=0.5@100",
    ),
    Case(
        "colons",
        "epoch:1 loss:0.5 acc:0.8\n",
        "loss=0.5@1 acc=0.8@1",
    ),
    Case(
        "averages",
        "Epoch 1 - avg_train_loss: 0.5  avg_val_loss: 0.4  time: 32s\nEpoch 1 - Score: 0.85\n",
        "avg_train_loss=0.5@1 avg_val_loss=0.4@1 time=32@1 score=0.85@1",
    ),
    Case(
        "training-tutorial",
        "EPOCH 1:\n"
        "  batch 1000 loss: 1.63\n"
        "  batch 2000 loss: 0.83\n"
        "LOSS train 0.53 valid 0.43\n"
        "EPOCH 2:\n"
        "  batch 1000 loss: 0.43\n"
        "LOSS train 0.33 valid 0.41\n",
        "loss=1.63@1000 loss=0.83@2000 train/loss=0.53@2000 val/loss=0.43@2000 loss=0.43@3000 "
        "train/loss=0.33@3000 val/loss=0.41@3000",
    ),
    Case(
        "hf-plain-bar-above",
        "10/100 [00:10<01:30,  1.00s/it]\n"
        "{'loss': '6.048', 'epoch': 0.1}\n"
        " 20/100 [00:20<01:20,  1.00s/it]\n"
        "{'loss': '5.9', 'epoch': 0.2}\n",
        "loss=6.048@10 loss=5.9@20",
    ),
    Case(
        "hf-bar-above-on-its-own-line",
        " 10%|█| 10/100 [00:10<01:30,  1.00s/it]\n"
        "{'loss': '6.048', 'epoch': 0.1}\n"
        " 20%|██| 20/100 [00:20<01:20,  1.00s/it]\n"
        "{'loss': '5.9', 'epoch': 0.2}\n",
        "loss=6.048@10 loss=5.9@20",
    ),
    Case(
        "hf-bar-above-redrawn",
        " 10%|█| 10/100 [00:10<01:30,  1.00s/it]\r{'loss': '6.048', 'epoch': 0.1}\n"
        " 20%|██| 20/100 [00:20<01:20,  1.00s/it]\r{'loss': '5.9', 'epoch': 0.2}\n"
        " 30%|██| 30/100 [00:30<01:20,  1.00s/it]\r{'loss': '5.8', 'epoch': 0.3}\n",
        "loss=6.048@10 loss=5.9@20 loss=5.8@30",
    ),
    Case(
        "bracket-count",
        "[ 0/1251 (0%)] Loss: 7.1\n[ 50/1251 (  4%)]  Loss: 6.94 (6.95)\n",
        "loss=7.1@0 loss=6.94@50",
    ),
    Case(
        "batch-of",
        "Batch 100/938, loss=0.5\n",
        "loss=0.5@100",
    ),
    Case(
        "paren-epoch-iter",
        "(epoch 1, iter 100) loss 0.5\n(epoch 1, iter 200) loss 0.4\n",
        "loss=0.5@100 loss=0.4@200",
    ),
    Case(
        "cyclegan",
        "(epoch: 1, iters: 100, time: 0.123, data: 0.2) G_GAN: 0.5 D_A: 0.4 cycle: 1.2\n",
        "time=0.123@100 data=0.2@100 G_GAN=0.5@100 D_A=0.4@100 cycle=1.2@100",
    ),
    Case(
        "bare-count",
        "100/1000: loss=0.5\n200/1000: loss=0.4\n",
        "loss=0.5@100 loss=0.4@200",
    ),
    Case(
        "bracket-of",
        "[100/1000] loss=0.5\n[200/1000] loss=0.4\n",
        "loss=0.5@100 loss=0.4@200",
    ),
    Case(
        "tensorflow-hook",
        "INFO:tensorflow:loss = 0.5, step = 100 (2.1 sec)\n"
        "INFO:tensorflow:loss = 0.4, step = 200 (2.1 sec)\n",
        "loss=0.5@100 loss=0.4@200",
    ),
    Case(
        "tensorflow-eval",
        "INFO:tensorflow:Saving dict for global step 1000: accuracy = 0.9, global_step = 1000, loss = 0.3\n",
        "eval/accuracy=0.9@1000 eval/loss=0.3@1000",
    ),
    Case(
        "absl",
        "I1019 14:30:00.123456 140000 train.py:42] step 100, loss = 0.5\n",
        "loss=0.5@100",
    ),
    Case(
        "epoch-behind",
        "train_loss=0.5 val_loss=0.4 epoch=3\n",
        "train_loss=0.5@3 val_loss=0.4@3",
    ),
    Case(
        "fairseq-progress",
        "epoch 001:  10 / 500 loss=8.1, ppl=300\n"
        "epoch 001:  20 / 500 loss=7.1, ppl=200\n"
        "epoch 002:  10 / 500 loss=6.1, ppl=100\n",
        "loss=8.1@10 ppl=300@10 loss=7.1@20 ppl=200@20 loss=6.1@510 ppl=100@510",
    ),
    Case(
        "fairseq-json",
        '2022-01-01 10:00:00 | INFO | train_inner | {"epoch": 1, "update": 0.1, "loss": "8.1", "ppl": "300", "num_updates": "100", "lr": "1e-05"}\n'
        '2022-01-01 10:00:00 | INFO | valid | {"epoch": 1, "valid_loss": "7.1", "valid_num_updates": "100"}\n',
        "loss=8.1@100 ppl=300@100 lr=1e-05@100 valid_loss=7.1@100",
    ),
    Case(
        "speechbrain",
        "speechbrain.utils.train_logger - epoch: 1, lr: 1.00e+00 - train loss: 2.35 - valid loss: 1.2, valid PER: 30.1\n"
        "speechbrain.utils.train_logger - Epoch loaded: 2 - test loss: 1.1, test PER: 10.1\n",
        "lr=1@1 train/loss=2.35@1 val/loss=1.2@1",
    ),
    Case(
        "coqui",
        "   --> TIME: 2022-01-01 10:00:00 -- STEP: 24/2000 -- GLOBAL_STEP: 25\n"
        "     | > loss_mel: 0.5  (0.6)\n"
        "     | > loss: 1.5  (1.6)\n"
        "     | > step_time: 0.4  (0.4)\n"
        "   --> TIME: 2022-01-01 10:00:10 -- STEP: 49/2000 -- GLOBAL_STEP: 50\n"
        "     | > loss_mel: 0.4  (0.5)\n"
        "     | > loss: 1.4  (1.5)\n",
        "loss_mel=0.5@25 loss=1.5@25 step_time=0.4@25 loss_mel=0.4@50 loss=1.4@50",
    ),
    Case(
        "nemo-log",
        "[NeMo I 2024-10-19 14:30:00 rnnt_wer:1] Training epoch 0, iteration 5/99 | lr: 1e-05 | global_batch_size: 8 | global_step: 5 | reduced_train_loss: 10.5 | train_step_timing in s: 1.2\n",
        "lr=1e-05@5 reduced_train_loss=10.5@5",
    ),
    Case(
        "dict-with-step",
        "2024-10-19 14:30:00 - INFO - {'step': 100, 'loss': 0.5}\n",
        "loss=0.5@100",
    ),
    Case(
        "json-behind-a-prefix",
        '2024-10-19 14:30:00 - INFO - {"step": 100, "loss": 0.5}\n'
        '2024-10-19 14:30:10 - INFO - {"step": 200, "loss": 0.4}\n',
        "loss=0.5@100 loss=0.4@200",
    ),
    Case(
        "markdown-table",
        "| Epoch | Train Loss | Val Loss |\n"
        "|-------|------------|----------|\n"
        "| 1 | 0.5 | 0.4 |\n"
        "| 2 | 0.4 | 0.3 |\n",
        "train/loss=0.5@1 val/loss=0.4@1 train/loss=0.4@2 val/loss=0.3@2",
    ),
    Case(
        "notebook-table",
        "[60/60 10:00, Epoch 1/1]\nStep\tTraining Loss\tValidation Loss\n10\t1.8\t1.7\n20\t1.3\t1.2\n",
        "train/loss=1.8@10 val/loss=1.7@10 train/loss=1.3@20 val/loss=1.2@20",
    ),
    Case(
        "sklearn-boosting",
        "      Iter       Train Loss   Remaining Time \n"
        "         1           1.2613            0.50s\n"
        "         2           1.1715            0.40s\n",
        "train/loss=1.2613@1 train/loss=1.1715@2",
    ),
    Case(
        "sklearn-mlp",
        "Iteration 1, loss = 0.5\nIteration 2, loss = 0.4\n",
        "loss=0.5@1 loss=0.4@2",
    ),
    Case(
        "clu",
        "I1019 14:30:00.123456 140000 logging_writer.py:48] [100] accuracy=0.5, loss=1.2\n"
        "I1019 14:30:00.123456 140000 logging_writer.py:48] [200] accuracy=0.6, loss=1.1\n",
        "accuracy=0.5@100 loss=1.2@100 accuracy=0.6@200 loss=1.1@200",
    ),
    Case(
        "results-alone",
        "Accuracy: 87.3%, F1: 0.852\n",
        "accuracy=0.873 f1=0.852",
    ),
    Case(
        "result-alone-identifier",
        "2024-10-19 14:52:45 - INFO - eval/accuracy = 0.87\n",
        "eval/accuracy=0.87",
    ),
    Case(
        "results-below-each-other",
        "Precision: 0.9\nRecall: 0.8\nF1-Score: 0.85\n",
        "precision=0.9 recall=0.8 f1-score=0.85",
    ),
    Case(
        "result-spaced",
        "loss 0.5\nloss 0.4\n",
        "loss=0.5 loss=0.4",
    ),
    Case(
        "epoch-header-then-spaced",
        "=== Epoch 3 ===\nloss 0.5\nval_loss 0.4\n=== Epoch 4 ===\nloss 0.4\nval_loss 0.3\n",
        "loss=0.5@3 val_loss=0.4@3 loss=0.4@4 val_loss=0.3@4",
    ),
    Case(
        "interactions",
        "2024-10-19 14:52:45 - INFO - Interaction 1: latency 1.23s, tokens: 512\n"
        "2024-10-19 14:52:48 - INFO - Interaction 2: latency 1.53s, tokens: 312\n"
        "2024-10-19 14:52:48 - INFO - Interaction 3: latency 1.63s, tokens: 412\n",
        "latency=1.23@1 latency=1.53@2 tokens=512@1 tokens=312@2 latency=1.63@3 tokens=412@3",
    ),
    Case(
        "requests",
        "Request 1: latency=1.2s tokens=50\n"
        "Request 2: latency=1.3s tokens=60\n"
        "Request 3: latency=1.4s tokens=70\n",
        "latency=1.2@1 latency=1.3@2 tokens=50@1 tokens=60@2 latency=1.4@3 tokens=70@3",
    ),
    Case(
        "turns",
        "Turn 1: reward 0.5, latency 1.2s\nTurn 2: reward 0.6, latency 1.3s\n",
        "reward=0.5@1 latency=1.2@1 reward=0.6@2 latency=1.3@2",
    ),
    Case(
        "folds",
        "Fold 1: accuracy 0.81\nFold 2: accuracy 0.82\n",
        "accuracy=0.81@1 accuracy=0.82@2",
    ),
    Case(
        "reward-over",
        "Average reward over 100 episodes: 12.3\nAverage reward over 100 episodes: 13.3\n",
        "average_reward=12.3 average_reward=13.3",
    ),
    Case(
        "episode-length",
        "Episode 10: reward=12.3, length=100\n"
        "Episode 11: reward=13.3, length=110\n"
        "Episode 12: reward=14.3, length=120\n",
        "reward=12.3@10 reward=13.3@11 reward=14.3@12 length=100@10 length=110@11 length=120@12",
    ),
    Case(
        "epoch-in-brackets-behind",
        "Test accuracy: 0.87 (epoch 3)\nTest accuracy: 0.88 (epoch 4)\n",
        "test/accuracy=0.87@3 test/accuracy=0.88@4",
    ),
    Case(
        "ultralytics-one-header",
        "      Epoch    GPU_mem   box_loss   cls_loss   dfl_loss  Instances       Size\n"
        "        1/3      3.46G      1.272      3.401      1.384         12        640: 100%|██████████| 8/8 [00:03<00:00]\n"
        "                 Class     Images  Instances      Box(P          R      mAP50  mAP50-95): 100%|██████████| 4/4 [00:01<00:00]\n"
        "                   all        128        929      0.643      0.537      0.605      0.446\n"
        "        2/3      3.46G      1.172      3.201      1.284         12        640: 100%|██████████| 8/8 [00:03<00:00]\n"
        "                   all        128        929      0.743      0.637      0.705      0.546\n",
        "GPU_mem=3.46@1 box_loss=1.272@1 cls_loss=3.401@1 dfl_loss=1.384@1 box/P=0.643@1 box/R=0.537@1 box/mAP50=0.605@1 box/mAP50-95=0.446@1 GPU_mem=3.46@2 box_loss=1.172@2 cls_loss=3.201@2 dfl_loss=1.284@2 box/P=0.743@2 box/R=0.637@2 box/mAP50=0.705@2 box/mAP50-95=0.546@2",
    ),
    Case(
        "val-with-a-dot",
        "Epoch: 01 | Epoch Time: 0m 12s\n"
        "\tTrain Loss: 0.5 | Train Acc: 80.1%\n"
        "\t Val. Loss: 0.4 |  Val. Acc: 82.1%\n"
        "Epoch: 02 | Epoch Time: 0m 12s\n"
        "\tTrain Loss: 0.4 | Train Acc: 81.1%\n"
        "\t Val. Loss: 0.3 |  Val. Acc: 83.1%\n",
        "train/loss=0.5@1 train/acc=0.801@1 val/loss=0.4@1 val/acc=0.821@1 train/loss=0.4@2 train/acc=0.811@2 val/loss=0.3@2 val/acc=0.831@2",
    ),
    Case(
        "pytorch-geometric",
        "Epoch: 001, Loss: 1.9, Train: 0.5, Val: 0.4, Test: 0.45\n"
        "Epoch: 002, Loss: 1.8, Train: 0.6, Val: 0.5, Test: 0.55\n",
        "loss=1.9@1 train/acc=0.5@1 val/acc=0.4@1 test/acc=0.45@1 loss=1.8@2 train/acc=0.6@2 val/acc=0.5@2 test/acc=0.55@2",
    ),
    Case(
        "bar-described",
        "Epoch 1 loss 0.51: 10%|█         | 10/100 [00:10<01:30,  1.00it/s]\rEpoch 1 loss 0.41: 20%|█         | 20/100 [00:10<01:30,  1.00it/s]\r",
        "loss=0.51@10 loss=0.41@20",
    ),
    Case(
        "torchtune",
        "1|10|Loss: 1.234:   5%|▌         | 10/200 [00:10<03:10,  1.0it/s]\r1|11|Loss: 1.134:   5%|▌         | 11/200 [00:11<03:10,  1.0it/s]\r",
        "loss=1.234@10 loss=1.134@11",
    ),
    Case(
        "litgpt",
        "Epoch 1 | iter 100 step 25 | loss train: 1.2, val: 1.3 | iter time: 123.4 ms (step) remaining time: 0:10:00\n"
        "Epoch 1 | iter 104 step 26 | loss train: 1.1, val: n/a | iter time: 123.4 ms (step)\n",
        "train/loss=1.2@25 val/loss=1.3@25 iter_time=123.4@25 train/loss=1.1@26 iter_time=123.4@26",
    ),
    Case(
        "optuna",
        "[I 2024-10-19 14:30:00,000] Trial 3 finished with value: 0.85 and parameters: {'lr': 0.001}. Best is trial 1 with value: 0.9.\n"
        "[I 2024-10-19 14:30:01,000] Trial 4 finished with value: 0.86 and parameters: {'lr': 0.002}. Best is trial 1 with value: 0.9.\n",
        "objective=0.85@3 objective=0.86@4",
    ),
    Case(
        "identifier-equals",
        "eval/accuracy = 0.87\neval/accuracy = 0.88\n",
        "eval/accuracy=0.87 eval/accuracy=0.88",
    ),
    Case(
        "verl",
        "step:1 - actor/entropy:0.5 - critic/score/mean:0.1 - training/global_step:1.000\n"
        "step:2 - actor/entropy:0.4 - critic/score/mean:0.2 - training/global_step:2.000\n",
        "actor/entropy=0.5@1 critic/score/mean=0.1@1 actor/entropy=0.4@2 critic/score/mean=0.2@2",
    ),
    Case(
        "diffusers",
        "Steps:  10%|█         | 100/1000 [01:00<10:00,  1.5it/s, lr=1e-5, step_loss=0.12]\rSteps:  10%|█         | 101/1000 [01:01<10:00,  1.5it/s, lr=1e-5, step_loss=0.13]\r",
        "lr=1e-05@100 step_loss=0.12@100 lr=1e-05@101 step_loss=0.13@101",
    ),
    Case(
        "ep-pipes",
        "Ep 3 | loss=0.5 | acc=0.9\n",
        "loss=0.5@3 acc=0.9@3",
    ),
    Case(
        "loss-after-steps",
        "Loss after 100 steps: 0.5\nLoss after 200 steps: 0.4\n",
        "loss=0.5@100 loss=0.4@200",
    ),
    Case(
        "lightning-checkpoint",
        "Epoch 0, global step 38: 'val_loss' reached 0.5 (best 0.5), saving model to 'x.ckpt' as top 1\n",
        "val_loss=0.5@38",
    ),
    Case(
        "ornaments",
        "🚀 Epoch 3/10 — loss: 0.5 ✅\n👉 Accuracy: 87.3% | F1: 0.8\n",
        "loss=0.5@3 accuracy=0.873@3 f1=0.8@3",
    ),
    Case(
        "trl",
        "{'loss': 0.69, 'grad_norm': 1.2, 'learning_rate': 1e-06, 'rewards/chosen': 0.1, 'logps/chosen': -120.0, 'epoch': 0.01}\n",
        "loss=0.69 grad_norm=1.2 learning_rate=1e-06 rewards/chosen=0.1 logps/chosen=-120",
    ),
    Case(
        "phase-first",
        "Train | Epoch 3 | Loss 0.5 | Acc 91.2%\nValid | Epoch 3 | Loss 0.4 | Acc 92.2%\n",
        "loss=0.5@3 acc=0.912@3 val/loss=0.4@3 val/acc=0.922@3",
    ),
]

#: Lines full of numbers that are no metrics.
FALSE_FRIENDS = """\
$loss: 0.5
url/loss: 0.5
    loss = criterion(output, target)  # 0.5
    if loss < 0.5:
    val_loss = 0.5
assert loss == 0.5
>>> loss: 0.5 of what
usage: train.py [-h] [--lr LR] [--epochs 10]
  --lr LR               learning rate (default: 0.001)
  --loss-weight W       weight of the loss (default: 0.5)
train.py --lr 0.001 --epochs 10 --loss_weight 0.5
+ python train.py --lr 0.01 --batch-size 32
loss_fn=CrossEntropyLoss(weight=0.5)
hparams: {'lr': 0.001, 'dropout': 0.1, 'loss_weight': 0.5}
hparams: {'lr': 0.002, 'dropout': 0.2, 'loss_weight': 0.6}
hparams: {'lr': 0.003, 'dropout': 0.3, 'loss_weight': 0.7}
early_stopping: patience=3, min_delta=0.001
reward_scale: 1.0
clip_reward: 1.0
loss_scale: 65536.0
mixed precision: 16
Using 16bit Automatic Mixed Precision (AMP)
OpenBLAS blas_thread_init: RLIMIT_NPROC 4096 current, 4096 max
Fri Oct 18 14:30:00 2024 up 12 days, load average: 0.52, 0.58, 0.59
loaded 12 tasks in 3.4s
wrote 12 files, 3.4 MB
cache hit rate 0.5 of version 2.1
Requirement already satisfied: numpy>=1.22 in /usr/lib/python3/dist-packages (1.26.4)
Collecting transformers==4.44.0
  Using cached transformers-4.44.0-py3-none-any.whl (9.5 MB)
     |████████████████████████████████| 9.5 MB 12.3 MB/s
Installing collected packages: a, b, c
Get:1 http://archive.ubuntu.com/ubuntu jammy InRelease [270 kB]
Get:2 http://archive.ubuntu.com/ubuntu jammy-updates InRelease [128 kB]
Get:3 http://archive.ubuntu.com/ubuntu jammy-security InRelease [129 kB]
Fetched 22.4 MB in 3s (7,123 kB/s)
Need to get 1,234 kB of archives.
After this operation, 4,567 kB of additional disk space will be used.
Setting up libfoo (1.2.3-4ubuntu1) ...
Reading package lists... Done
| NVIDIA-SMI 550.54.15              Driver Version: 550.54.15      CUDA Version: 12.4     |
| 30%   41C    P2             72W /  350W |    2345MiB /  24576MiB |     13%      Default |
| 31%   42C    P2             73W /  350W |    2346MiB /  24576MiB |     14%      Default |
| 32%   43C    P2             74W /  350W |    2347MiB /  24576MiB |     15%      Default |
remote: Enumerating objects: 1234, done.
remote: Counting objects: 100% (1234/1234), done.
remote: Compressing objects: 100% (567/567), done.
Receiving objects:  10% (123/1234)
Receiving objects: 100% (1234/1234), 1.23 MiB | 2.34 MiB/s, done.
Resolving deltas: 100% (456/456), done.
 3 files changed, 12 insertions(+), 4 deletions(-)
[main 3f2a91b] Fix loss
Step 1/12 : FROM nvidia/cuda:12.1.0-base
Step 2/12 : RUN apt-get update
Step 3/12 : ENV LR=0.1
 ---> 3f2a91b7c6d5
#5 [2/7] RUN pip install torch
#5 12.34 Collecting torch
#6 sha256:abcd 12.3MB / 45.6MB 1.2s
[+] Building 12.3s (10/12)
[1/5] STEP 3: RUN echo
Submitted batch job 123456
slurmstepd: error: *** JOB 123456 ON gpu01 CANCELLED AT 2024-10-19T14:30:00 DUE TO TIME LIMIT ***
JOBID=123456 NODE=gpu01 CPUS=8 MEM=64G
SLURM_JOB_ID: 123456
SLURM_JOB_ID: 123457
Memory Utilized: 12.34 GB
CPU Efficiency: 45.67% of 01:23:45 core-walltime
Job ID: 123456
gpu01:1234:1300 [0] NCCL INFO Channel 00 : 0[7000] -> 1[8000] via P2P/IPC
gpu01:1234:1300 [0] NCCL INFO Trees [0] 1/-1/-1->0->-1 [1] 1/-1/-1->0->-1
gpu01:1234:1300 [0] NCCL INFO comm 0x55d rank 0 nranks 8 cudaDev 0 busId 7000 - Init COMPLETE
gpu01:1234:1300 [0] NCCL INFO NET/IB : Using [0]mlx5_0:1/IB [1]mlx5_1:1/IB
gpu01:1234:1300 [0] NCCL INFO threadThresholds 8/8/64 | 64/8/64 | 512 | 512
NCCL version 2.18.1+cuda12.1
INFO 10-19 14:30:00 llm_engine.py:98] Initializing an LLM engine (v0.5.0) with config: model='meta-llama/Llama-3-8B', tensor_parallel_size=1, max_seq_len=8192, dtype=torch.bfloat16, gpu_memory_utilization=0.9, seed=0
INFO 10-19 14:30:00 gpu_executor.py:102] # GPU blocks: 12345, # CPU blocks: 2048
INFO 10-19 14:30:00 model_runner.py:146] Loading model weights took 14.96 GB
INFO 10-19 14:30:00 model_runner.py:854] Graph capturing finished in 12 secs.
INFO:     10.0.0.1:54321 - "GET /metrics HTTP/1.1" 200 OK
INFO 10-19 14:30:00 engine.py:1] Received request cmpl-1: prompt: 'x', params: SamplingParams(n=1, temperature=0.7, top_p=0.95, max_tokens=16)
INFO 10-19 14:30:01 engine.py:1] Received request cmpl-2: prompt: 'x', params: SamplingParams(n=1, temperature=0.8, top_p=0.90, max_tokens=32)
INFO 10-19 14:30:02 engine.py:1] Received request cmpl-3: prompt: 'x', params: SamplingParams(n=1, temperature=0.9, top_p=0.91, max_tokens=64)
Layer (type)                 Output Shape              Param #
dense (Dense)                (None, 64)                50240
conv2d (Conv2D)              (None, 26, 26, 32)        320
conv2d_1 (Conv2D)            (None, 24, 24, 64)        18496
Total params: 1,199,882
Trainable params: 1,199,882
Non-trainable params: 0
  | Name    | Type             | Params
0 | encoder | Sequential       | 50.4 K
1 | decoder | Sequential       | 51.2 K
2 | loss    | CrossEntropyLoss | 0
101 K     Trainable params
0.407     Total estimated model params size (MB)
Namespace(lr=0.001, loss_weight=0.5, dropout=0.1)
Namespace(lr=0.002, loss_weight=0.6, dropout=0.2)
  loss_weight: 0.5
  label_smoothing: 0.1
  max_grad_norm: 1.0
  warmup_ratio: 0.03
  weight_decay: 0.01
  adam_beta1: 0.9
  adam_beta2: 0.999
  adam_epsilon: 1e-08
  num_train_epochs: 3.0
  target_accuracy: 0.95
  min_score: 0.3
  score_threshold: 0.5
learning_rate=0.001
learning_rate=0.0001
precision: 16
precision: 32
  File "/usr/lib/python3.11/site-packages/torch/nn/modules/loss.py", line 1174, in forward
torch.cuda.OutOfMemoryError: CUDA out of memory. Tried to allocate 20.00 MiB. GPU 0 has a total capacity of 23.69 GiB of which 12.34 MiB is free.
https://wandb.ai/me/project/runs/abc123?loss=0.5
http://10.0.0.1:6006/?step=3
wandb: Run data is saved locally in /x/wandb/run-20241019_143000-abc123
TensorBoard 2.14.0 at http://localhost:6006/
2024-10-19
14:30:00
Sat Oct 19 14:30:00 UTC 2024
Date: 2024-10-19 Time: 14:30
[2024-10-19 14:30:00] Starting
Batch size: 32
Number of epochs: 10
Learning rate: 0.001
Epochs: 10, Batch size: 32, LR: 0.001
Train size: 45000, Val size: 5000
Using device: cuda:0
GPU 0: NVIDIA A100 (80.0 GB)
GPU 1: NVIDIA A100 (80.0 GB)
Downloading data: 12.3M/45.6M [00:01<00:02, 12.3MB/s]
Downloading (…)model.bin: 10%|█ | 440M/4.4G [00:10<01:00, 43.2MB/s]
Extracting: 3/10
3/10
12/345 files
[12/345] Building CXX object foo.o
[13/345] Linking loss.o
Test 1 of 20 passed in 0.5s
tests/test_a.py::test_x PASSED [ 10%]
tests/test_a.py::test_y PASSED [ 20%]
================= 12 passed, 3 warnings in 4.56s =================
Sample 1: label: 3, prediction: 4
Sample 2: label: 4, prediction: 5
Sample 3: label: 5, prediction: 6
Run 1: seed=1 port=3000
Run 2: seed=2 port=3001
Run 3: seed=3 port=3002
Task 1: pid 123
Task 2: pid 124
Round 1/3: starting
Generation 1: max_new_tokens=64
Fold 1: train size: 800, val size: 200
Fold 2: train size: 810, val size: 190
Fold 3: train size: 820, val size: 180
Query: 12
Response time limit: 30s
Timeout: 30s
Connection to 10.0.0.1:5432 failed: error 111
ERROR 404: Not Found
return code: 1
return code: 2
exit code 137
loss function: CrossEntropyLoss
loss=mse
loss: cross_entropy
optimizer: Adam (lr=0.001, betas=(0.9, 0.999), eps=1e-08)
Adam (
    lr: 0.001
    eps: 1e-08
    weight_decay: 0.01
Python 3.11.7 | packaged by conda-forge | (main, Dec 23 2023, 14:43:09) [GCC 12.3.0]
model.layers.0.weight: torch.Size([4096, 4096])
model.layers.1.weight: torch.Size([4096, 4096])
layer 1: dim=512 heads=8
layer 2: dim=513 heads=9
layer 3: dim=514 heads=10
The accuracy of version 1.2 was 0.8 in 2019.
Elapsed: 0:10:00, ETA: 0:20:00
step 3 of the setup: install torch 2.1
Epoch 3 of the unix clock
1729348200.123
0.5
100 0.5
100 200 0.5
| 1 | 2 |
torch version: 2.1.0+cu121
Python 3.11.9 (main, Apr  2 2024, 08:25:04) [GCC 12.2.0]
CUDA version: 12.1
Driver Version: 535.104.05   CUDA Version: 12.2
2024-10-19 14:30:00 INFO Listening on http://0.0.0.0:8000
INFO:     127.0.0.1:54321 - "POST /v1/chat/completions HTTP/1.1" 200 OK
INFO:     Uvicorn running on http://0.0.0.0:8000 (Press CTRL+C to quit)
master_addr=10.0.0.1 master_port=29500
master_addr=10.0.0.2 master_port=29501
Namespace(lr=0.001, batch_size=32, epochs=10, seed=42)
  gradient_accumulation_steps .. 1
  hidden_size ..................................... 768
  lr .............................................. 0.001
lr: 0.001
weight_decay: 0.01
batch_size: 32
batch_size: 64
num_workers: 4
lr: 0.0005
hidden_size: 768
hidden_size: 1024
max_length: 512
max_length: 1024
max_length: 2048
Traceback (most recent call last):
  File "/app/train.py", line 123, in <module>
    loss = 0.5
  File "/app/train.py", line 99, in step
    accuracy: 0.5
RuntimeError: CUDA out of memory. Tried to allocate 2.00 GiB (GPU 0; 23.69 GiB total capacity; 20.30 GiB already allocated)
Collecting torch==2.1.0
  Downloading torch-2.1.0-cp311-cp311-manylinux1_x86_64.whl (670.2 MB)
     ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━ 670.2/670.2 MB 2.3 MB/s eta 0:00:00
     ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━ 270.2/670.2 MB 3.3 MB/s eta 0:01:00
Successfully installed torch-2.1.0 numpy-1.26.4
Downloading: 100%|██████████| 440M/440M [00:10<00:00, 43.2MB/s]
Loading checkpoint shards: 100%|██████████| 2/2 [00:05<00:00,  2.51s/it]
Map: 100%|██████████| 25000/25000 [00:12<00:00, 2012.31 examples/s]
| NVIDIA-SMI 535.104.05             Driver Version: 535.104.05   CUDA Version: 12.2     |
|   0  NVIDIA A100-SXM4-80GB          On  | 00000000:07:00.0 Off |                    0 |
| N/A   32C    P0              63W / 400W |   1234MiB / 81920MiB |      0%      Default |
|    0   N/A  N/A      1234      C   python                                     1234MiB |
ETA: 0:12:34
elapsed: 12.3
elapsed: 13.4
elapsed: 14.4
Elapsed time: 123.4s
progress: 10%
progress: 20%
progress: 30%
Processed 1000 of 25000 examples (4.0%)
Processed 2000 of 25000 examples (8.0%)
date: 2024-10-19
time: 14:30:00
commit: 3f2a91b
sha256:8a7b6c5d4e3f
pid: 1234
pid: 1235
rank: 0
rank: 1
[rank0]: world_size: 8
NCCL INFO Channel 00/02 : 0 1
gpu01:1234:1234 [0] NCCL INFO Bootstrap : Using eth0:10.0.0.5<0>
warnings.warn("deprecated in version 1.10")
WARNING: retry 1 of 5
WARNING: retry 2 of 5
train.py:123: UserWarning: lr_scheduler 0.5
Some weights of BertForSequenceClassification were not initialized
tensor([[0.1, 0.2], [0.3, 0.4]])
[0.1, 0.2, 0.3]
(0.1, 0.2)
Linear(in_features=768, out_features=2, bias=True)
(dropout): Dropout(p=0.1, inplace=False)
(1): LayerNorm((768,), eps=1e-12, elementwise_affine=True)
shape: torch.Size([32, 128])
train: 45000 samples, val: 5000 samples
train_dataset size: 45000
Train examples: 45000
Num examples = 45,000
  Num Epochs = 3
  Instantaneous batch size per device = 8
  Total train batch size (w. parallel, distributed & accumulation) = 64
  Total optimization steps = 2,109
  Number of trainable parameters = 124,439,808
GPU 0: 12345MiB / 81920MiB
node 10.1.2.3: ok
Question 12: What is 3 + 4? Answer: 7
Question 13: What is 3 + 5? Answer: 8
Answer: 12
Answer: 15
Section 3.2: loss functions
See https://example.com/loss=3?acc=0.5
/data/run-3/loss_0.5/acc=0.3.ckpt
epoch=3-step=1000-val_loss=0.35.ckpt
Saving to checkpoints/epoch=3-val_loss=0.35.ckpt
{'loss': 2.3, 'grad_norm': 1.5, 'lear{'loss': 2.1, 'grad_norm': 1.4, 'learning_rate': 5e-05, 'epoch': 0.1}
{'loss': 2.3, 'grad_norm': 1.5, 'learning_rate': 5e-0
'grad_norm': 1.5, 'learning_rate': 5e-05, 'epoch': 0.1}
  5%|▌         | 25/500 [00:10<03:10,  2.50it/s]slurmstepd: error: *** JOB 1234 ON gpu01 CANCELLED AT 2024-10-19T14:30:00 ***
step 100 loss 2.3step 100 loss 2.4
step 100 loss: 2.3.4
iter 100: loss 2.4567, time 12iter 100: loss 2.4567, time 123.45ms, mfu 1.23%
Best val loss so far
using 8 gpus
Epoch 3: reducing learning rate of group 0 to 1.0000e-04.
config.loss.weight: 0.5
model:
  layers: 12
  dropout: 0.1
training:
  lr: 0.001
  epochs: 10
optimizer: AdamW (lr: 0.001, betas: (0.9, 0.999), eps: 1e-08)
"""
