"""A whole simulated site on one machine: real broker, real store, the real agent."""
