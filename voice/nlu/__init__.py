"""Understanding text: sentence templates, the matcher, the assistant's name, and times."""
