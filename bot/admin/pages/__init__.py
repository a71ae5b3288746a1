"""One file, the pages of one thing: each defines `pages = Pages(…)`."""
