"""Settings whose results lie in a test's folder, as jobs want them."""


def located(settings, layout):
    """Return the settings with the layout's folder for results."""
    return settings.model_copy(update={"results": str(layout.root)})
