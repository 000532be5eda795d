#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A training of ten steps that leaves a checkpoint at each and goes on from one: train.sh RATE
step=0 loss=4
if [ -n "${MANTA_CHECKPOINT:-}" ]; then read -r step loss <"$MANTA_CHECKPOINT"; fi
while [ "$step" -lt 10 ]; do
  sleep 0.03
  step=$((step + 1))
  loss=$(awk "BEGIN { print $loss * (1 - $1) + 0.02 * $1 }")
  echo "$step $loss" >"$MANTA_CHECKPOINT_DIR/step-$step"
  echo "{\"loss\": $loss, \"checkpoint\": \"step-$step\"}"
done
