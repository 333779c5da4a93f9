"""What runs a rule's text."""
