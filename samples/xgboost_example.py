"""Trains a gradient-boosted tree model on the breast cancer data with Ray Data and Ray Train.

  python3 xgboost_example.py [CSV]

CSV is a path or folder that the driver and the workers can read; by default the file beside this script, or in data/ beside it.
"""
import os
import sys

import ray
from ray.air.config import ScalingConfig
from ray.train.xgboost import XGBoostTrainer

HERE = os.path.dirname(os.path.abspath(__file__))
NAME = "breast_cancer.csv"
CANDIDATES = [os.path.join(HERE, NAME), os.path.join(HERE, "data", NAME)]
source = sys.argv[1] if len(sys.argv) > 1 else next((c for c in CANDIDATES if os.path.exists(c)), CANDIDATES[0])

dataset = ray.data.read_csv(source)
train, valid = dataset.train_test_split(test_size=0.3)

trainer = XGBoostTrainer(
    scaling_config=ScalingConfig(num_workers=1, use_gpu=False),
    label_column="target",
    num_boost_round=20,
    params={"objective": "binary:logistic", "eval_metric": ["logloss", "error"]},
    datasets={"train": train, "valid": valid},
)
result = trainer.fit()
print(result.metrics)
