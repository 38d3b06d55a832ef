"""Pure rooms: values in, values out; no clock, file, process, thread or environment."""
