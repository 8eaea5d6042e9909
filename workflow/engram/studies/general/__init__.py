"""The general study (Vielzeuf, Lechervy, Pateux, Jurie 2019), in the order in which its data flow.

Source encoders: `sources`, `encoders`, `extraction`, `embeddings`. Fusion: `operators` (which there are),
`unlabelled`, `reconstruction`, `fusion`. Students: `methods` (which there are), `student_job`, `students`.
Frozen representations: `represent`, `representation_store`, `projections`. Tasks: `protocols`, `probe`,
`finetune`, `selection`, `predictions`. Results: `collect`, `tables`, `figures`, `claims`. `plan` derives from
the settings what there is to do, and `jobs` says what each rule reads, writes and depends on.
"""
