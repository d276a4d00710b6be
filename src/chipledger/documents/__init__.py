"""From bytes to text with exact offsets: what a document says, character by character, and where.

`sources` finds and reads documents (folders, files, archives, git repositories, stdin), `decode` turns bytes into
text, `reading` blanks the markup without moving a character. See docs/documents.md.
"""
