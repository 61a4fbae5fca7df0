"""What is special about a language."""
