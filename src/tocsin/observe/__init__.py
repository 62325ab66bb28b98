"""Message to observations: facts with their places, without judgement."""
