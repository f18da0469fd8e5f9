"""What is measured, each file a command that prints its figures."""
