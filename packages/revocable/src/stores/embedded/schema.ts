/** The tables, their version, and the settings that make a commit last. */
import { ConfigError, StoreError } from '../../errors.ts';
import type { Database, Value } from './engine.ts';

/** "revo": tells our database from another program's. */
const APPLICATION_ID = 0x7265766f;
const FORMAT = 3;

/** In this order; `journal_mode` and `synchronous` are read back. */
const PRAGMAS = [
  'busy_timeout=0',
  'journal_mode=WAL',
  'synchronous=FULL',
  'wal_autocheckpoint=1000',
  'journal_size_limit=16777216',
  'cache_size=-16000',
  'trusted_schema=OFF',
  'secure_delete=FAST',
];

/** Tags of the log's newest entries, and what followers have given back. */
const LOG = `
CREATE INDEX cuts_unproved ON cuts(number) WHERE mac = '';
CREATE TABLE tags(number INTEGER PRIMARY KEY, tag TEXT NOT NULL, at INTEGER NOT NULL) STRICT;
CREATE TABLE offers(number INTEGER PRIMARY KEY AUTOINCREMENT, entries TEXT NOT NULL) STRICT;
`;

/** What brings a database of the format at this place, counted from 1, to the next one. */
const MIGRATIONS: readonly string[] = [
  `ALTER TABLE ledger ADD COLUMN tag TEXT NOT NULL DEFAULT '';
   ALTER TABLE ledger ADD COLUMN first INTEGER NOT NULL DEFAULT 1;
   ALTER TABLE ledger ADD COLUMN lost INTEGER NOT NULL DEFAULT 0;
   ALTER TABLE cuts ADD COLUMN mac TEXT NOT NULL DEFAULT '';
   ALTER TABLE replicas ADD COLUMN before TEXT;
   ${LOG}
   UPDATE ledger SET tag = lower(hex(randomblob(16))) WHERE head > 0;
   INSERT INTO tags SELECT head, tag, 0 FROM ledger WHERE head > 0;`,
  'ALTER TABLE ledger ADD COLUMN since INTEGER NOT NULL DEFAULT 0;',
];

const TABLES = `
CREATE TABLE ledger(
  owner TEXT NOT NULL, floor INTEGER NOT NULL, top INTEGER NOT NULL, head INTEGER NOT NULL,
  revision INTEGER NOT NULL, declared TEXT, tag TEXT NOT NULL DEFAULT '', first INTEGER NOT NULL DEFAULT 1,
  lost INTEGER NOT NULL DEFAULT 0, since INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE TABLE cuts(
  number INTEGER PRIMARY KEY, scope TEXT NOT NULL UNIQUE, at INTEGER NOT NULL, expires INTEGER NOT NULL,
  a INTEGER NOT NULL, r INTEGER NOT NULL, s INTEGER NOT NULL, mac TEXT NOT NULL DEFAULT '') STRICT;
${LOG}
CREATE TABLE stamps(scope TEXT PRIMARY KEY, last INTEGER NOT NULL, expires INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE sessions(
  number INTEGER PRIMARY KEY, sid TEXT NOT NULL UNIQUE, tenant TEXT NOT NULL, subject TEXT NOT NULL,
  client TEXT NOT NULL, parent TEXT NOT NULL, p INTEGER NOT NULL, c INTEGER NOT NULL, at INTEGER NOT NULL,
  login INTEGER NOT NULL, used INTEGER NOT NULL, idle INTEGER NOT NULL, expires INTEGER NOT NULL,
  data TEXT NOT NULL) STRICT;
CREATE INDEX sessions_user ON sessions(subject, tenant);
CREATE INDEX sessions_parent ON sessions(parent) WHERE parent <> '';
CREATE TABLE keys(
  place INTEGER PRIMARY KEY, kid TEXT NOT NULL UNIQUE, alg TEXT NOT NULL, state TEXT NOT NULL, sealed TEXT NOT NULL,
  public TEXT NOT NULL, created INTEGER NOT NULL, activated INTEGER, retired INTEGER) STRICT;
CREATE TABLE replicas(
  name TEXT PRIMARY KEY, applied TEXT, seen INTEGER NOT NULL, staleness INTEGER NOT NULL,
  policy TEXT NOT NULL, before TEXT) STRICT, WITHOUT ROWID;
CREATE TABLE records(
  collection TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, expires INTEGER NOT NULL,
  PRIMARY KEY(collection, key)) STRICT, WITHOUT ROWID;
CREATE TABLE audit(
  seq INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, event TEXT NOT NULL, actor TEXT, subject TEXT,
  detail TEXT) STRICT;
CREATE INDEX audit_subject ON audit(subject, seq);
CREATE TRIGGER audit_keeps BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_grows BEFORE INSERT ON audit WHEN EXISTS (SELECT 1 FROM audit WHERE seq = NEW.seq)
  BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_stays BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
`;

/**
 * Sets what a connection needs, and checks that it took.
 * @throws {StoreError} ERR_STORE_UNAVAILABLE where this disk cannot keep a write-ahead log
 */
export function configure(database: Database, file: string): void {
  for (const pragma of PRAGMAS) database.exec(`PRAGMA ${pragma}`);
  const mode = read(database, 'PRAGMA journal_mode');
  const synchronous = read(database, 'PRAGMA synchronous');
  if (mode === 'wal' && synchronous === 2) return;
  throw new StoreError(
    'ERR_STORE_UNAVAILABLE',
    `${file} cannot be opened so that commits last (journal_mode ${mode}, synchronous ${synchronous}): use a local disk.`,
  );
}

/**
 * Makes the tables in an empty database, and brings those of an older format up to date; inside a transaction that writes.
 * @param newOwner undefined where an empty database is none that may be begun
 * @throws {ConfigError} ERR_CONFIG_INVALID for a newer format or another program's database
 */
export function prepareTables(database: Database, file: string, newOwner: string | undefined): void {
  const application = read(database, 'PRAGMA application_id');
  const format = Number(read(database, 'PRAGMA user_version'));
  const tables = read(database, 'SELECT count(*) FROM sqlite_schema');
  const isEmpty = application === 0 && format === 0 && tables === 0;
  if (isEmpty && newOwner !== undefined) makeTables(database, newOwner);
  else if (isEmpty)
    throw new StoreError('ERR_STORE_UNAVAILABLE', `${file} has been emptied while it was open.`);
  else if (application !== APPLICATION_ID)
    throw new ConfigError(`${file} is the database of another program.`);
  if (format > FORMAT)
    throw new ConfigError(
      `${file} has format ${format}; this version of revocable knows ${FORMAT}. Update revocable.`,
    );
  if (!isEmpty) migrate(database, format);
}

function migrate(database: Database, format: number): void {
  if (format === FORMAT) return;
  for (const step of MIGRATIONS.slice(format - 1)) database.exec(step);
  database.exec(`PRAGMA user_version=${FORMAT}`);
}

function makeTables(database: Database, owner: string): void {
  database.exec(TABLES);
  database.prepare('INSERT INTO ledger(owner, floor, top, head, revision) VALUES (?, 0, 0, 0, 0)').run(owner);
  database.exec(`PRAGMA application_id=${APPLICATION_ID}; PRAGMA user_version=${FORMAT}`);
}

/** Whether the tables are a store's, of whatever format. */
export const isStore = (database: Database): boolean =>
  read(database, 'PRAGMA application_id') === APPLICATION_ID;

/** The first column of the first row. */
export function read(database: Database, sql: string): Value | undefined {
  const statement = database.prepare(sql);
  statement.setReturnArrays(true);
  return statement.get()?.[0];
}
