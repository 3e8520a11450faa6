"""PXE both ways, proved with programs and servers that nobody here wrote, and with hostile ones."""
