"""How many answers about pieces of text are kept, so that the same words are judged once.

Paragraphs recur: from one version of a README to the next, in the documents of one family of models, in copies. What is said of a chip by its
sentence, its row, its heads and its nearest heading is a pure function of them, and so is kept for the texts met last. Each function says in
its arguments all that it looks at; nothing else may decide what it gives.
"""

REMEMBERED = 2_048
"""Answers kept of one function: with their texts a few megabytes."""

REMEMBERED_FEATURES = 256
"""Answers kept where each is some hundreds of features: fewer, for the memory."""
