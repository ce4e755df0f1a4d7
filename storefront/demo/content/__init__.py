"""What the demo's pages say, in both languages. No person is named; every fact is in the data."""
