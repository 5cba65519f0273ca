"""SD cards of gateways: writing an image, settings for the first boot, and reading a card back."""
