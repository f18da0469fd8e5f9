"""Training of the learned parts, and the splits they are measured on."""
