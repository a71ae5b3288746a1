"""What the README's numbers come from: ratios within one run on real servers."""
