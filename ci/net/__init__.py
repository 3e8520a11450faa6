"""Networks to boot from: real servers in namespaces, and a wire with a server that can misbehave."""
