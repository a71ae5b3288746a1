"""What is remembered: one noun, one file."""
