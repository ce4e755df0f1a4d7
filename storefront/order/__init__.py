"""Oscar's order app, forked for the channel, language and contact of a sale."""
