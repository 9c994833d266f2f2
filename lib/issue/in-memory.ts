import { createPrivateKey, type KeyObject } from 'node:crypto';
import { join } from 'node:path';
import { InputError } from '../errors.js';
import { openPrivateDirectory, type PrivateDirectory } from '../store/private-directory.js';
import { readRegular } from '../store/read-regular.js';
import { unshown } from '../x509/unshown.js';
import { issue, type Issued, type IssuedPart, type IssueOptions } from './issue.js';

/** What is about files that last, or about keys that are elsewhere. */
const forFiles = ['force', 'name', 'caKey', 'passphrase', 'parent', 'parentPassphrase'] as const;

/** Options of a set that does not last: those of `all` but for what is about files that do. The CA's key is not encrypted. */
export type TemporarySetOptions = Omit<IssueOptions, 'directory' | (typeof forFiles)[number]>;

/** Options of `all` for a set without a directory. */
export interface InMemoryOptions extends TemporarySetOptions {
  readonly directory: null;
}

/** A set without a directory. `console.log` and `util.inspect` leave the keys out. */
export interface InMemorySet extends Pick<
  Issued,
  'recipe' | 'departures' | 'names' | 'notes' | 'port' | 'commands' | 'openssl' | 'certificates' | 'pem'
> {
  readonly directory: null;
  /** The private keys; they belong to the certificates of the same names. */
  readonly keys: Readonly<Partial<Record<IssuedPart, KeyObject>>>;
  /** The same as texts, unencrypted PKCS#8 in PEM. */
  readonly keyPem: Readonly<Partial<Record<IssuedPart, string>>>;
}

/** Makes a set in a private directory, and reads it. Errors: those of `all`. */
export async function inMemory(given: InMemoryOptions): Promise<InMemorySet> {
  const { directory, ...options } = given;
  const { issued, place } = await makePassing(options);
  try {
    const { recipe, departures, names, notes, port, commands, openssl, certificates, pem } = issued;
    const keyPem = await readKeys(issued);
    const keys = Object.entries(keyPem).map(([part, text]) => [part, createPrivateKey(text)] as const);
    return {
      ...{ directory, recipe, departures, names, notes, port, commands, openssl, certificates, pem },
      ...{ keys: Object.fromEntries(keys), keyPem: unshown(keyPem, Object.keys(keyPem) as IssuedPart[]) },
    };
  } finally {
    await place.remove();
  }
}

/** A set in a private directory of its own. */
export interface PassingSet {
  readonly issued: Issued;
  readonly place: PrivateDirectory;
}

/** Makes one; where that fails, nothing of it stays. Errors: those of `all`. */
export async function makePassing(options: TemporarySetOptions): Promise<PassingSet> {
  const given = forFiles.find((name) => (options as IssueOptions)[name] !== undefined);
  if (given !== undefined) throw new InputError(given, `${given} is not for a set that does not last`);
  const place = await openPrivateDirectory();
  try {
    const directory = join(place.path, 'docker-tls');
    const issued = await issue(['ca', 'server', 'client'], { ...options, directory, passphrase: null });
    return { issued, place };
  } catch (error) {
    await place.remove();
    throw error;
  }
}

async function readKeys({
  directory,
  files,
  clientCa,
}: Issued): Promise<Partial<Record<IssuedPart, string>>> {
  const pairs = { ...files, ...(clientCa && { clientCa }) };
  const texts = Object.entries(pairs).map(
    async ([part, { key }]) =>
      [part, (await readRegular(join(directory, key))).bytes.toString('utf8')] as const,
  );
  return Object.fromEntries(await Promise.all(texts));
}
