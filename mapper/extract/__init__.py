"""What happened: incidents found in a read and resolved article."""
