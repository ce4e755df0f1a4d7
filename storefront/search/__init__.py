"""Finding produce: by name, sound, initials, English and other words, and with typing errors."""
