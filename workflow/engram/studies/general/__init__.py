"""The general study (Vielzeuf, Lechervy, Pateux, Jurie 2019), in the order in which its data flow.

- `plan` derives from the settings what there is to do; `methods` and `operators` describe what is compared.
  `jobs` says what each rule reads, writes and depends on, `workload` how many steps it takes.
- `encoders`: source encoders and their embeddings.
- `fusion`: the embeddings of the unlabelled faces fused into h_G.
- `students`: the networks that learn h_G, or the embeddings themselves.
- `representations`: every frozen embedding of a data set's faces.
- `selection`: which of the sources a target needs. `targets`: probes, fine-tuned networks, predictions.
- `evidence`: what tables, figures and claims read. `tables`, `figures`, `claims`, `published`: the results.
"""
