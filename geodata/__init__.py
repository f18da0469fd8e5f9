"""The gazetteer: places of the world, their shapes, and areas computed from words."""
