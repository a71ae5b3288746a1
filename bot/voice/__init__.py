"""The contract of a transcription engine: one file each, a sound in, words out."""
