"""What comes out of a printer: the font that has Vietnamese, and the label of a device."""
