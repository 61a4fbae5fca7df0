"""Rituals and reminders: their times, and what became of each."""
