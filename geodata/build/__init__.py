"""How the gazetteer that ships with the project is made from pinned packages."""
