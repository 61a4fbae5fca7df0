"""Rituals and reminders: when each is due."""
