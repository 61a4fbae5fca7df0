"""Rituals and reminders: their times and their history."""
