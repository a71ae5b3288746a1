"""What the bot talks about: one file, one conversation."""
