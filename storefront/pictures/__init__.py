"""Pictures of produce, villages and cooperatives: photographs, illustrations, share cards."""
