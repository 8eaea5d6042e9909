"""Networks: torch modules that know no data and no files."""
