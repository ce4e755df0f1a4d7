"""What people would like to have: favourites, and reminders of what is not there yet."""
