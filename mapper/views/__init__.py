"""The app's pieces: each draws one part of the page and calls plain functions for the rest."""
