"""The command line. Flags come from the settings, reports from the registry, actions from the composition root."""
