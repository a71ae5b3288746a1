"""How the bot works, whatever it talks about."""
