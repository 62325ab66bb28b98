"""Reports on one campaign for one audience: values → sentences → HTML, or source and data for typst."""
