"""The languages: how each is pronounced, typed and spoken."""
