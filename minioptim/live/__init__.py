"""The live figures: rules and surfaces as JavaScript, and what draws them on a page."""
