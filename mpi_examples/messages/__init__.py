"""From one rank to another: what every other pattern is made of."""
