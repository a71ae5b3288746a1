"""The world outside, on one machine: stand-ins that speak the vendors' wire formats."""
