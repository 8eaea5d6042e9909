"""The ground floor: settings, records, seeds, errors, names. No torch, no image library."""
