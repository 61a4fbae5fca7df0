"""Commands to a running assistant, through a local socket."""
