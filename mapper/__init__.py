"""From a news article to a map of its incidents, every point citing the words that say so."""
