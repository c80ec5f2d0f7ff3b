/**
 * The tables of a session file, and the steps that bring an older file up to date. Documented for readers with any SQLite
 * tool in docs/session-file.md. Truth (frames, outcomes) and meaning (meanings, pairs, facts) are apart: meaning can be
 * thrown away and made again from the truth by another protocol, the truth is only ever appended.
 */

/** 'IPse': `PRAGMA application_id` of every session file. */
export const APPLICATION_ID = 0x49507365;

/** One entry per format version: what turns a file of the version before into this one. Never edited once released. */
export const MIGRATIONS: readonly string[] = [
  /* sql */ `
  CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

  CREATE TABLE connections (
    id INTEGER PRIMARY KEY,
    proxy TEXT,
    transport TEXT NOT NULL,
    client_address TEXT NOT NULL,
    client_port INTEGER NOT NULL,
    server_address TEXT NOT NULL,
    server_port INTEGER NOT NULL,
    protocol TEXT NOT NULL,
    options TEXT NOT NULL DEFAULT '{}',
    opened REAL NOT NULL,
    closed REAL,
    ending TEXT,
    role TEXT,
    journey INTEGER,
    details TEXT NOT NULL DEFAULT '{}'
  ) STRICT;

  CREATE TABLE proxies (
    name TEXT NOT NULL,
    since REAL NOT NULL,
    spec TEXT NOT NULL,
    PRIMARY KEY (name, since)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE carriers (id INTEGER PRIMARY KEY, carrier TEXT NOT NULL UNIQUE) STRICT;

  CREATE TABLE frames (
    n INTEGER PRIMARY KEY,
    conn INTEGER NOT NULL,
    direction INTEGER NOT NULL,
    time REAL NOT NULL,
    mono INTEGER NOT NULL,
    origin INTEGER NOT NULL,
    carrier INTEGER,
    bytes BLOB NOT NULL,
    head BLOB,
    tail BLOB,
    gap INTEGER
  ) STRICT;

  CREATE TABLE outcomes (
    n INTEGER PRIMARY KEY,
    fate INTEGER NOT NULL,
    sent BLOB,
    waited_ms REAL,
    touched_by TEXT
  ) STRICT;

  CREATE TABLE names (
    id INTEGER PRIMARY KEY,
    protocol TEXT NOT NULL,
    name TEXT NOT NULL,
    number INTEGER,
    UNIQUE (protocol, name)
  ) STRICT;

  CREATE TABLE meanings (
    n INTEGER PRIMARY KEY,
    message INTEGER NOT NULL,
    summary TEXT NOT NULL,
    flags INTEGER NOT NULL,
    more TEXT
  ) STRICT;

  CREATE TABLE pairs (
    reply INTEGER PRIMARY KEY,
    request INTEGER NOT NULL,
    micros INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX pairs_request ON pairs (request);

  CREATE TABLE experts (
    id INTEGER PRIMARY KEY,
    n INTEGER NOT NULL,
    conn INTEGER NOT NULL,
    time REAL NOT NULL,
    source INTEGER NOT NULL,
    severity INTEGER NOT NULL,
    kind TEXT NOT NULL,
    code TEXT,
    text TEXT NOT NULL,
    range_start INTEGER,
    range_end INTEGER,
    path TEXT
  ) STRICT;
  CREATE INDEX experts_n ON experts (n);

  CREATE TABLE facts (
    key TEXT NOT NULL,
    n INTEGER NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (key, n)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE marks (n INTEGER PRIMARY KEY, mark TEXT, comment TEXT) STRICT;
  CREATE TABLE rule_hits (id INTEGER PRIMARY KEY, n INTEGER NOT NULL, rule TEXT NOT NULL, what TEXT NOT NULL) STRICT;
  CREATE TABLE fault_decisions (id INTEGER PRIMARY KEY, n INTEGER NOT NULL, fault TEXT NOT NULL, what TEXT NOT NULL) STRICT;

  CREATE TABLE replay_verdicts (
    id INTEGER PRIMARY KEY,
    time REAL NOT NULL,
    target TEXT NOT NULL,
    verdict TEXT NOT NULL,
    report TEXT NOT NULL
  ) STRICT;

  CREATE TABLE fuzz_findings (
    id TEXT PRIMARY KEY,
    time REAL NOT NULL,
    oracle TEXT NOT NULL,
    title TEXT NOT NULL,
    report TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE index_blocks (first INTEGER PRIMARY KEY, data BLOB NOT NULL) STRICT;
  `,
  /* sql */ `
  ALTER TABLE frames ADD COLUMN crc INTEGER;
  CREATE TABLE seals (about TEXT PRIMARY KEY, rows INTEGER NOT NULL, crc INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  `,
  // What is below the frames: the headers that carried them, and what a carrier said that brought none.
  /* sql */ `
  ALTER TABLE frames ADD COLUMN headers BLOB;

  CREATE TABLE carrier_commands (
    id INTEGER PRIMARY KEY,
    conn INTEGER NOT NULL,
    direction INTEGER NOT NULL,
    time REAL NOT NULL,
    mono INTEGER NOT NULL,
    after INTEGER NOT NULL,
    headers BLOB NOT NULL
  ) STRICT;
  `,
];

/** Files from this format on are read as they are; older ones must be brought up to date first. */
export const OLDEST_READABLE = 1;
/** The first format with checksums. */
export const CHECKSUMS_SINCE = 2;
/** The first with what is below the frames: `frames.headers`, `carrier_commands`. */
export const HEADERS_SINCE = 3;

export const FORMAT_VERSION = MIGRATIONS.length;

/** `meanings.flags`. */
export const MEANING = {
  /** `Protocol.next` returned another state: this frame is needed to rebuild the state of later ones. */
  turns: 1,
  /** Carries a message that tells the client to connect elsewhere. */
  handoff: 2,
} as const;

/** `experts.source`: who remarked. What the dissector said goes when history is decoded anew. */
export const SOURCE = { carrier: 0, dissector: 1, connection: 2 } as const;
