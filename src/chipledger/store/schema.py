"""The tables of the ledger, as the newest migration leaves them (a test holds the two together).

A `documents` row is one version of one document: certain bytes under a certain name in a certain project of a certain owner. Its mentions
hang on it and stand as long as it stands, so `last_seen` is kept there once. `scans` and `sightings` are the log of
who looked when; failures are documents that could not be read. An `eval_measurements` row is one run of a benchmark with the
scores of its items; `document_faces` and `repository_lines` hold what projects are told by; `history_lines` holds what became of each statement of a repository's history; `eval_decisions` is a
chain to which rows are only ever added, and so is `party_judgements`. `watch_looks` is the last look at each source that is watched, `watch_news` what its looks showed. Keys are numbers private to one ledger; `document_id`,
`place` and a mention's `id` are made of content and the same everywhere.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

SCHEMA_VERSION = "0013"  # revisions are chained as they were merged, not by number
KNOWN_VERSIONS = ("0001", "0002", "0003", "0004", "0006", "0007", "0010", "0009", "0012", "0008", "0013")
VERSION_TABLE = "ledger_version"

metadata = MetaData()

documents = Table(
    "documents",
    metadata,
    Column("key", Integer, primary_key=True, autoincrement=False),
    Column("place", String(20), nullable=False),  # content id of a repository's owner, project and document
    Column("document_id", String(64), nullable=False),  # sha256 of the bytes
    Column("document", Text, nullable=False),
    Column("project", Text),
    Column("organisation", Text),
    Column("path", Text),
    Column("url", Text),
    Column("commit", Text),  # in which it was first seen
    Column("last_commit", Text),  # in which it was last seen
    Column("published_on", Date),
    Column("licence", Text),  # as its source states it
    Column("fetched_on", Date),  # first; `last_seen` is the day of the last look
    Column("format", Text),
    Column("encoding", Text),
    Column("language", Text),
    Column("chars", Integer, nullable=False),
    Column("pages", Integer),
    Column("extractor_version", Text, nullable=False),
    Column("first_seen", Date, nullable=False),
    Column("last_seen", Date, nullable=False),
    UniqueConstraint("place", "document_id", name="documents_place_document_id"),
    Index("documents_document_id", "document_id"),
)

document_techniques = Table(
    "document_techniques",
    metadata,
    Column("document_key", ForeignKey("documents.key"), primary_key=True),
    Column("technique", Text, primary_key=True),
)

document_settings = Table(
    "document_settings",
    metadata,
    Column("document_key", ForeignKey("documents.key"), primary_key=True),
    Column("ordinal", Integer, primary_key=True, autoincrement=False),  # in the order of the text
    Column("name", Text, nullable=False),
    Column("value", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("topic", Text),
    Column("techniques", Text, nullable=False),  # JSON list
    Column("requested", Boolean),
    Column("active", Boolean),
    Column("number", BigInteger),
    Column("condition", Text),
    Column("is_comment", Boolean, nullable=False),
    Column("start_char", Integer, nullable=False),
    Column("end_char", Integer, nullable=False),
    Column("quote", Text, nullable=False),
    Column("line", Integer),
)

document_affiliations = Table(
    "document_affiliations",
    metadata,
    Column("document_key", ForeignKey("documents.key"), primary_key=True),
    Column("ordinal", Integer, primary_key=True, autoincrement=False),  # in the order of the author block
    Column("organisation", Text, nullable=False),
    Column("tie", Text, nullable=False),
    Column("grade", Text, nullable=False),
    Column("start_char", Integer, nullable=False),
    Column("end_char", Integer, nullable=False),
    Column("quote", Text, nullable=False),
    Column("body", Text, nullable=False),  # JSON of the whole record
)

document_faces = Table(
    "document_faces",
    metadata,
    Column("document_key", ForeignKey("documents.key"), primary_key=True),
    Column("body", Text, nullable=False),  # JSON
)

repository_lines = Table(
    "repository_lines",
    metadata,
    Column("repository", String(20), primary_key=True),  # content id of owner and name
    Column("organisation", Text),
    Column("project", Text),
    Column("seen_on", Date, nullable=False),
    Column("body", Text, nullable=False),  # JSON
)

document_fingerprints = Table(
    "document_fingerprints",
    metadata,
    Column("document_key", ForeignKey("documents.key"), primary_key=True),
    Column("words", LargeBinary, nullable=False),  # sketches: hashes of 8 bytes, ascending
    Column("figures", LargeBinary, nullable=False),
    Column("links", LargeBinary, nullable=False),
    Column("words_count", Integer, nullable=False),
    Column("figures_count", Integer, nullable=False),
    Column("shape", Text, nullable=False),
    Column("cites", Text, nullable=False),  # JSON list
)

mentions = Table(
    "mentions",
    metadata,
    Column("key", Integer, primary_key=True, autoincrement=False),
    Column("document_key", ForeignKey("documents.key"), nullable=False),
    Column("id", String(20), nullable=False),
    Column("ordinal", Integer, nullable=False),  # tells apart statements of one chip in one span
    Column("start_char", Integer, nullable=False),
    Column("end_char", Integer, nullable=False),
    Column("quote", Text, nullable=False),
    Column("chip", Text, nullable=False),
    Column("chips", Text, nullable=False),  # JSON list
    Column("count", BigInteger),
    Column("memory_gb", Float),
    Column("purpose", Text, nullable=False),
    Column("subject", Text),
    Column("organisation", Text),
    Column("gpu_hours", Float),
    Column("duration", Text),
    Column("cloud", Text),
    Column("techniques", Text, nullable=False),  # JSON list
    Column("confidence", Float, nullable=False),
    Column("rule_id", Text, nullable=False),
    Column("commit", Text),
    Column("path", Text),
    Column("line", Integer),
    Column("page", Integer),
    Column("first_seen", Date, nullable=False),
    Column("prefix", Text, nullable=False, server_default=""),  # of its sentence, before the quote
    Column("suffix", Text, nullable=False, server_default=""),  # and after it
    UniqueConstraint("document_key", "id", "ordinal", name="mentions_document_id_ordinal"),
)

failures = Table(
    "failures",
    metadata,
    Column("id", String(20), primary_key=True),
    Column("document", Text, nullable=False),
    Column("document_id", Text, nullable=False),
    Column("stage", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("commit", Text),
    Column("target", Text, nullable=False),
    Column("first_seen", Date, nullable=False),
    Column("last_seen", Date, nullable=False),
)

scans = Table(
    "scans",
    metadata,
    Column("id", String(20), primary_key=True),
    Column("target", Text, nullable=False),
    Column("started", Date, nullable=False),
    Column("state", Text, nullable=False),  # running | done | interrupted
    Column("tool_version", Text, nullable=False),
    Column("extractor_version", Text, nullable=False),
)

sightings = Table(
    "sightings",
    metadata,
    Column("scan_id", ForeignKey("scans.id"), primary_key=True),
    Column("document_key", ForeignKey("documents.key"), primary_key=True),
    Column("commit", Text),
)

eval_measurements = Table(
    "eval_measurements",
    metadata,
    Column("id", String(20), primary_key=True),
    Column("benchmark", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("measured_on", Date, nullable=False),
    Column("started_at", Text, nullable=False),
    Column("elicitation", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("grade", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("source_sha256", Text, nullable=False),
    Column("run_id", Text),
    Column("task_version", Text),
    Column("rule_hash", Text),
    Column("items", Text, nullable=False),  # JSON list of [item, epoch, score, cluster, refused]
    Column("published", Text),  # JSON of the printed figure
    Column("budget", Text),
    Column("reason", Text),
    Index("eval_measurements_benchmark_model", "benchmark", "model"),
)

eval_decisions = Table(
    "eval_decisions",
    metadata,
    Column("sequence", Integer, primary_key=True, autoincrement=False),
    Column("hash", String(64), nullable=False, unique=True),
    Column("body", Text, nullable=False),  # canonical JSON, the text that the hash covers
)

party_judgements = Table(
    "party_judgements",
    metadata,
    Column("sequence", Integer, primary_key=True, autoincrement=False),
    Column("hash", String(64), nullable=False, unique=True),
    Column("body", Text, nullable=False),  # canonical JSON, the text that the hash covers
)

history_parts = Table(
    "history_parts",
    metadata,
    Column("repository", String(20), primary_key=True),  # content id of owner and name
    Column("part", Integer, primary_key=True, autoincrement=False),
    Column("version", Text, nullable=False),  # of the reader of statements
    Column("body", LargeBinary, nullable=False),  # blobs read, each its hash and that of its telling lines
)

history_tellings = Table(
    "history_tellings",
    metadata,
    Column("repository", String(20), primary_key=True),
    Column("telling", String(32), primary_key=True),
    Column("version", Text, nullable=False),
    Column("blob", String(64), nullable=False),  # the version of the file that was read closely
    Column("body", Text, nullable=False),  # JSON list of statements
)

history_lines = Table(
    "history_lines",
    metadata,
    Column("repository", String(20), primary_key=True),
    Column("ordinal", Integer, primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),  # mention | setting | removal | restart
    Column("name", Text),
    Column("path", Text),
    Column("standing", Text),
    Column("first_seen", Date),
    Column("last_seen", Date),
    Column("body", Text, nullable=False),  # JSON
)

watch_looks = Table(
    "watch_looks",
    metadata,
    Column("source", String(20), primary_key=True),  # content id of name, target and manner
    Column("sequence", Integer, nullable=False),  # how often it was looked at
    Column("body", Text, nullable=False),  # JSON of the last look
)

watch_news = Table(
    "watch_news",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),  # in the order in which it was told
    Column("id", String(20), nullable=False, unique=True),
    Column("source", Text, nullable=False),  # its name
    Column("seen_on", Date, nullable=False),
    Column("told_at", Text, nullable=False),  # moment of the look, as text
    Column("body", Text, nullable=False),  # JSON
    Index("watch_news_seen_on", "seen_on"),
)
