"""New firmware for the boards of this gateway: from a signed bundle, on trial, with the way back built in."""
