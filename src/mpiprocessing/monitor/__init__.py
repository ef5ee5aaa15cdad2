"""A running job is looked at: status file, progress, the report at the end. Loaded only where somebody asks for it."""
