"""What the boots load: programs that report back, and what makes them."""
