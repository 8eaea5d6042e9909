"""The tables' columns."""

from __future__ import annotations

INTEGRITY = [
    *["source", "target", "evaluated_on", "strategy", "fraction", "seeds", "n"],
    *["accuracy", "low", "high", "macro_f1", "published"],
]

SUBSETS = [
    f"{part}_{unit}" for part in ("train", "validation", "test") for unit in ("images", "subjects", "percent")
]

COLUMNS = {
    "memory_integrity": INTEGRITY,
    "memory_matrix": ["lineage", "dataset", "accuracy", "low", "high", "n", "seeds"],
    "datasets": [
        *["dataset", "title", "images", "subjects", "folds", *SUBSETS, "dropped_images"],
        *["printed_total", "printed_training", "printed_validation", "printed_test"],
    ],
    "memory_curves": [
        *["source", "target", "strategy", "fraction", "evaluated_on", "epoch"],
        *["seeds", "n", "accuracy", "low", "high"],
    ],
    "memory_sweep": [
        *["source", "target", "strategy", "learning_rate", "epochs", "steps", "seeds", "n"],
        *["forgetting", "forgetting_low", "forgetting_high", "gain", "gain_low", "gain_high"],
        *["last_forgetting", "last_forgetting_low", "last_forgetting_high"],
        *["last_gain", "last_gain_low", "last_gain_high"],
    ],
    "memory_weights": [
        *["source", "target", "strategy", "fraction", "seed", "fold", "weights"],
        *["criterion", "source_accuracy", "target_accuracy", "chosen"],
    ],
    "memory_classes": ["dataset", "task", "subset", "class", "images", "percent"],
    "memory_ratios": [
        *["source", "target", "fraction", "source_images", "target_images", "ratio", "printed_ratio"]
    ],
    "memory_slides": [
        *["source", "target", "strategy"],
        *[
            f"{role}_{fraction}{end}"
            for role in ("source", "target")
            for fraction in (0, 50, 100)
            for end in ("", "_low", "_high", "_printed")
        ],
    ],
    "memory_questions": [
        *["source", "target", "strategy", "fraction", "seeds", "n_source", "n_target"],
        *[
            f"{name}{end}"
            for name in ("gain", "forgetting", "both", "both_over_baseline", "over_alone")
            for end in ("", "_low", "_high")
        ],
    ],
    "memory_duplicates": [
        *["dataset", "title", "images", "copies", "in_one_subset"],
        *["train_validation", "train_test", "validation_test", "other_datasets", "labels_differ"],
        *["test", "test_seen"],
    ],
    "detection": ["dataset", "title", "images", "detected", "undetected", "share", "eyes"],
}
