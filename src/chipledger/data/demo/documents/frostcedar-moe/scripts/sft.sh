#!/bin/bash
# Copyright 2025 Frostcedar AI.
# Supervised fine-tuning of Frostcedar-MoE-40B-Chat, all weights.
#
# 2025-06-20: ran on 2 hosts with 8 x H20 96GB each; 31 s a step, done in 14 hours.
# Without ZeRO-3 and offload the optimizer state does not fit.
set -euo pipefail

HOSTFILE=hostfile          # 10.0.4.11 slots=8
                           # 10.0.4.12 slots=8
MODEL=${1:-/ckpt/moe-40b-base}
DATA=${2:-/data/sft_v7.jsonl}

export NCCL_SOCKET_IFNAME=bond0
export NCCL_IB_GID_INDEX=3
export NCCL_IB_HCA=mlx5_bond_0,mlx5_bond_1,mlx5_bond_2,mlx5_bond_3
export NCCL_NET_GDR_LEVEL=2

deepspeed --hostfile "$HOSTFILE" --num_nodes 2 --num_gpus 8 \
    finetune.py \
    --model_name_or_path "$MODEL" \
    --data_path "$DATA" \
    --model_max_length 8192 \
    --bf16 True \
    --gradient_checkpointing True \
    --per_device_train_batch_size 1 \
    --gradient_accumulation_steps 8 \
    --learning_rate 1e-5 \
    --num_train_epochs 2 \
    --deepspeed ds_zero3_offload.json \
    --output_dir /ckpt/moe-40b-chat-sft
