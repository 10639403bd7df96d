/** The port of a disk, for what is kept in files of our own. */

export interface Disk {
  /** Makes the folder where there is none, for its owner alone. */
  makeFolder(path: string): Promise<void>;
  /** Names in a folder; none where there is no such folder. */
  list(path: string): Promise<string[]>;
  /** Undefined where there is no such file. */
  read(path: string): Promise<Uint8Array | undefined>;
  /** A new file, for its owner alone, to append to. */
  create(path: string): Promise<AppendFile>;
  /** The whole file or the one before, whenever the power fails; on the disk when it resolves. */
  replace(path: string, bytes: Uint8Array): Promise<void>;
  /** Does nothing where there is no such file. */
  remove(path: string): Promise<void>;
}

export interface AppendFile {
  /** On the disk when it resolves. Where it rejects, any part of the bytes may be there. */
  append(bytes: Uint8Array): Promise<void>;
  /** Whether it is still to be found under its name: what is appended to one that is not is lost. */
  isThere(): Promise<boolean>;
  close(): Promise<void>;
}
