"""How much one document, archive or repository may ask for before it is set aside."""

from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The bounds of reading; what crosses one becomes a FailedDocument and the run goes on.

    Args:
        document_bytes: largest document read (of an archive member: decompressed).
        pdf_bytes: largest PDF read; its text is far smaller than its pictures.
        document_memory_bytes: most memory that the reading of one document may take.
        document_seconds: longest time spent on one document (PDF, the only reader that runs native code).
        pdf_pages: most pages of a PDF.
        pdf_characters: most characters of a PDF's text.
        pdf_memory_bytes: address space of the process that reads PDFs.
        archive_members: most members of an archive.
        archive_bytes: most bytes of an archive once decompressed.
        archive_ratio: most decompressed bytes for one compressed byte, counted beyond the first 16 MiB.
        archive_depth: how many archives may lie inside one another; 1 reads no archive inside an archive.
        clone_seconds: longest time for cloning a repository.
        clone_bytes: most bytes of a repository that is kept in a snapshot.
        history_seconds: longest time spent on finding when each file of a repository was last changed.
        walk_seconds: longest time spent on listing what the commits of a whole history changed.
        walk_changes: most changes of files taken from a whole history, newest first.

    >>> Limits(document_bytes=1000).pdf_pages
    2000
    """

    document_bytes: int = 32 * MIB
    pdf_bytes: int = 128 * MIB
    document_memory_bytes: int = 4_000_000_000
    document_seconds: float = 20.0
    pdf_pages: int = 2000
    pdf_characters: int = 20_000_000
    pdf_memory_bytes: int = 2048 * MIB
    archive_members: int = 100_000
    archive_bytes: int = 2048 * MIB
    archive_ratio: int = 200
    archive_depth: int = 2
    clone_seconds: float = 900.0
    clone_bytes: int = 32 * 1024 * MIB
    history_seconds: float = 60.0
    walk_seconds: float = 900.0
    walk_changes: int = 10_000_000

    def bytes_of(self, name: str) -> int:
        """How large a document of this name may be, in bytes."""
        return (
            max(self.pdf_bytes, self.document_bytes) if name.lower().endswith(".pdf") else self.document_bytes
        )

    def over_size(self, name: str, size_bytes: int) -> str | None:
        """Why a document of this name and size is not read, or None.

        >>> Limits().over_size("log.txt", 200_000_000)
        '200.0 MB is over the limit of 33.6 MB for one document; raise it with --max-bytes'
        """
        limit_bytes = self.bytes_of(name)
        if size_bytes <= limit_bytes:
            return None
        return (
            f"{size_bytes / 1e6:.1f} MB is over the limit of {limit_bytes / 1e6:.1f} MB "
            "for one document; raise it with --max-bytes"
        )
