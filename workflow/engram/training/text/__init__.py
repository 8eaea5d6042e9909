"""Training on text: batches of sentences, and the one task of taggers and language levels."""
