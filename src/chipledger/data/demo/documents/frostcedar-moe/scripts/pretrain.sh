#!/bin/bash
# Starts one node of the pre-training job; the scheduler runs it on each host of the list.
# hosts.txt: one address per line, "slots=8" behind each; 64 lines in our job. The first line is the master.
set -euo pipefail

HOSTFILE=${HOSTFILE:-hosts.txt}
MASTER_ADDR=$(head -n 1 "$HOSTFILE" | cut -d ' ' -f 1)
NNODES=$(grep -c slots "$HOSTFILE")
NODE_RANK=${NODE_RANK:?set by the scheduler}

# network: bonded ports, RoCE
export NCCL_SOCKET_IFNAME=bond0
export NCCL_IB_GID_INDEX=3
export NCCL_IB_HCA=mlx5_bond_0,mlx5_bond_1,mlx5_bond_2,mlx5_bond_3
export NCCL_NET_GDR_LEVEL=2
export NCCL_IB_TIMEOUT=22
export NCCL_P2P_DISABLE=0
export NCCL_DEBUG=WARN
export CUDA_DEVICE_MAX_CONNECTIONS=1

MODEL_ARGS=(
    --num-layers 36 --hidden-size 4096 --num-attention-heads 32 --ffn-hidden-size 5376
    --seq-length 8192 --max-position-embeddings 8192
    --num-experts 16 --moe-router-topk 2
)
PARALLEL_ARGS=(
    --tensor-model-parallel-size 4
    --pipeline-model-parallel-size 2
    --expert-model-parallel-size 8
    --sequence-parallel
    --use-distributed-optimizer
)
TRAIN_ARGS=(
    --micro-batch-size 1 --global-batch-size 1024 --train-iters 240000
    --lr 3e-4 --min-lr 3e-5 --lr-warmup-iters 2000 --clip-grad 1.0 --seed 4090
    --bf16 --use-flash-attn --recompute-activations
    --save /ckpt/moe-40b --save-interval 1000
)

torchrun --nnodes "$NNODES" --nproc_per_node 8 --node_rank "$NODE_RANK" \
    --master_addr "$MASTER_ADDR" --master_port 29500 \
    pretrain_gpt.py "${MODEL_ARGS[@]}" "${PARALLEL_ARGS[@]}" "${TRAIN_ARGS[@]}" \
    --data-path /data/mix_v4 --tokenizer-model /data/tokenizer.model
