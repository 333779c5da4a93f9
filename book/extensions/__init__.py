"""Extensions of Sphinx for this book, each on its own."""
