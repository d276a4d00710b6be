"""The command line: one file a noun; `main` wires them and loads each only when it is asked for."""
