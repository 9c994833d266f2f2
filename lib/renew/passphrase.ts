import type { KeyObject } from 'node:crypto';
import { createPublicKey, X509Certificate } from 'node:crypto';
import type { Stats } from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { DirectoryError, fileError, PassphraseError } from '../errors.js';
import { givenFlag, givenPath } from '../given.js';
import type { Openssl } from '../openssl/find.js';
import { commandLine } from '../plan/command-line.js';
import { shellWord } from '../shell/sh.js';
import { rebased } from '../execute/execute-step.js';
import { executeUnlocked } from '../execute/execute.js';
import { controlNames, parseControl, type RunControl } from '../execute/run-control.js';
import type { Note, OpensslStep, Plan } from '../plan/step.js';
import { openKey } from '../set/pairs.js';
import { isThere } from '../store/is-there.js';
import { caFiles, parseDirectory, allLayouts } from '../set/layout.js';
import { needsRepair, repair } from '../store/leftovers.js';
import { withLock, type Lock } from '../store/lock.js';
import { readRegular } from '../store/read-regular.js';
import {
  refuseOthers,
  refuseSwappable,
  refuseToReplace,
  refuseUnsafeDirectory,
  refuseUnsafeFolders,
} from '../store/safety.js';
import { pkeyStep } from '../steps/pkey.js';
import { rsaStep } from '../steps/rsa.js';
import { isEncryptedKey } from '../x509/contents.js';
import { keyEncryption, type KeyDerivation } from '../x509/key-encryption.js';
import { Passphrase, toPassphrase } from '../x509/passphrase.js';
import { repairNotes } from '../execute/change.js';
import type { PassphraseSource } from '../issue/options.js';
import { defaultDirectory } from '../issue/request.js';
import { refuseUnknown, type OptionNames } from '../known-options.js';

/** Which key, and how it is worked at. */
export interface KeyOptions extends RunControl {
  /** The certificate directory. Default: `docker-tls` in the current directory. */
  readonly directory?: string | undefined;
  /** The private key's file, of any kind that openssl knows. Default: `ca-key.pem` of the certificate directory. */
  readonly key?: string | undefined;
  /** Only says what would be done: asks for no passphrase, and runs nothing. Default: false. */
  readonly dryRun?: boolean | undefined;
}

export interface AddPassphraseOptions extends KeyOptions {
  /** The new one, or a function that is asked for it. */
  readonly passphrase?: Passphrase | string | PassphraseSource | undefined;
}

export interface ChangePassphraseOptions extends KeyOptions {
  /** The one that opens the key, or a function that is asked for it. */
  readonly passphrase?: Passphrase | string | PassphraseSource | undefined;
  /** The new one, or a function that is asked for it, once the old one has opened the key. */
  readonly newPassphrase?: Passphrase | string | PassphraseSource | undefined;
}

export interface RemovePassphraseOptions extends KeyOptions {
  /** The one that opens the key, or a function that is asked for it. */
  readonly passphrase?: Passphrase | string | PassphraseSource | undefined;
}

const optionNames: OptionNames<RemovePassphraseOptions & AddPassphraseOptions> = {
  ...controlNames,
  directory: true,
  key: true,
  dryRun: true,
  passphrase: true,
};

const changeNames: OptionNames<ChangePassphraseOptions> = {
  ...optionNames,
  newPassphrase: true,
};

/** A private key whose passphrase was added, changed or removed. */
export interface RewrittenKey {
  /** Its file, absolute. */
  readonly path: string;
  readonly encrypted: boolean;
  /** Read back from the file; undefined where it is not encrypted. */
  readonly cipher: 'aes-256-cbc' | undefined;
  /** How the passphrase becomes the cipher's key, read back from the file. Undefined after a dry run, too. */
  readonly kdf: KeyDerivation | undefined;
  /** What a person should know. */
  readonly notes: readonly Note[];
  /** The command that ran, or would run; no secret is in it. */
  readonly commands: readonly string[];
  /** Undefined after a dry run. */
  readonly openssl: Openssl | undefined;
}

/**
 * Encrypts a private key that is not encrypted: with AES-256 in PKCS#8 (PBES2), whichever openssl does it. The new file has
 * been opened with the passphrase, and compared with the key that it was, before it takes its place; mode and group stay.
 * A certificate directory is locked meanwhile. After any error the file is as it was.
 * Errors: `ERR_ENCRYPTED`, `ERR_PASSPHRASE_NEEDED`, `ERR_UNSAFE`, `ERR_FILE`, `ERR_LOCKED`, `ERR_OPENSSL_*`, `ERR_READ_BACK`, …
 */
export async function addPassphrase(options: AddPassphraseOptions = {}): Promise<RewrittenKey> {
  refuseUnknown(options, optionNames);
  const { passphrase, ...rest } = options;
  return rewrite('add', { ...rest, newPassphrase: passphrase });
}

/**
 * Encrypts an encrypted private key with another passphrase, as `addPassphrase` does. Copies of the file keep the old one.
 * Errors: `ERR_NOT_ENCRYPTED`, `ERR_PASSPHRASE_WRONG`; those of `addPassphrase`.
 */
export async function changePassphrase(options: ChangePassphraseOptions = {}): Promise<RewrittenKey> {
  refuseUnknown(options, changeNames);
  return rewrite('change', options);
}

/**
 * Leaves a private key unencrypted: what then protects it is the mode of its file. Checked and put in place as by
 * `addPassphrase`. Errors: those of `changePassphrase`.
 */
export async function removePassphrase(options: RemovePassphraseOptions = {}): Promise<RewrittenKey> {
  refuseUnknown(options, optionNames);
  return rewrite('remove', options);
}

type Verb = 'add' | 'change' | 'remove';

async function rewrite(verb: Verb, options: ChangePassphraseOptions): Promise<RewrittenKey> {
  const control = parseControl(options);
  const dryRun = options.dryRun !== undefined && givenFlag(options.dryRun, 'dryRun');
  const place = await placeOf(options);
  const repaired = dryRun ? [] : await putInOrder(place, control);
  const { text } = await look(place, verb);
  const encrypted = verb !== 'remove';
  const notes = notesFor(verb, place);
  if (dryRun) {
    const secrets = {
      passin: verb === 'add' ? undefined : Passphrase.unknown(),
      passout: encrypted ? Passphrase.unknown() : undefined,
    };
    const commands = [commandLine(stepFor(place, await kindFromOutside(place, text), secrets))];
    const cipher = encrypted ? 'aes-256-cbc' : undefined;
    return { path: place.path, encrypted, cipher, kdf: undefined, notes, commands, openssl: undefined };
  }

  const secrets = await ask(verb, place, options).catch((error: unknown) => {
    throw afterRepair(error, repaired);
  });
  return inPlace(place, control, async (lock) => {
    const { stats } = await look(place, verb);
    const key = await openKey(place.path, secrets.passin, unusable);
    const plan = planRewrite(place, key, secrets, stats);
    const { directory } = place;
    const execution = await executeUnlocked(plan, { ...control, directory }, lock);
    const { bytes } = await readRegular(place.path);
    const found = keyEncryption(bytes.toString('latin1'));
    const cipher = found?.cipher === 'aes-256-cbc' ? found.cipher : undefined;
    const { commands, openssl } = execution;
    const said = [...repaired, ...notes, ...execution.notes];
    return { path: place.path, encrypted, cipher, kdf: found?.kdf, notes: said, commands, openssl };
  });
}

/** Where the key lies. */
interface KeyPlace {
  readonly path: string;
  /** As the caller spells it. */
  readonly shown: string;
  /** The certificate directory; for a key that lies in none, the folder that it lies in. */
  readonly directory: string;
  readonly locks: boolean;
  /** The key, relative to the directory. */
  readonly file: string;
}

async function placeOf({ directory = defaultDirectory, key }: KeyOptions): Promise<KeyPlace> {
  const given = parseDirectory(directory);
  const shown = key === undefined ? join(directory, caFiles.key) : givenPath(key, 'key');
  const path = resolve(shown);
  const folder = parseDirectory(dirname(path), 'key');
  const place = (within: string, locks: boolean): KeyPlace => {
    const file = relative(within, path).split(sep).join('/');
    return { path, shown, directory: within, locks, file };
  };
  if (isWithin(path, given)) return place(given, true);
  // The directory of a further server or client lies in the one that is locked when it is made.
  const above = /^(?:servers|clients)$/.test(basename(dirname(folder))) ? [dirname(dirname(folder))] : [];
  for (const within of [...above, folder]) {
    const holds = await Promise.all(Object.values(caFiles).map((file) => isThere(join(within, file))));
    if (holds.includes(true)) return place(within, true);
  }
  return place(folder, false);
}

function isWithin(path: string, directory: string): boolean {
  const inside = relative(directory, path);
  return inside !== '' && !isAbsolute(inside) && inside.split(sep)[0] !== '..';
}

/** Before a passphrase is tried: a run that was killed may have decided on another one. */
async function putInOrder({ directory, locks }: KeyPlace, control: RunControl): Promise<Note[]> {
  if (!locks || !(await needsRepair(directory))) return [];
  return withLock(directory, control, async () => repairNotes(await repair(directory), directory));
}

/** The old passphrase opened the key a moment ago. */
function afterRepair(error: unknown, repaired: readonly Note[]): unknown {
  const finished = repaired.find(({ code }) => code === 'FINISHED');
  if (!finished || !(error instanceof PassphraseError) || error.code !== 'ERR_PASSPHRASE_WRONG') return error;
  return new PassphraseError(error.code, error.path, error.message, {
    cause: error,
    hint: `${finished.text}; if that run changed the passphrase, the new one opens the key`,
  });
}

/** Does `work` under the lock of a certificate directory; elsewhere as a step by itself works. */
async function inPlace<Result>(
  { directory, locks }: KeyPlace,
  control: RunControl,
  work: (lock?: Lock) => Promise<Result>,
): Promise<Result> {
  if (!locks) return work();
  return withLock(directory, control, async (lock) => {
    await repair(directory);
    return work(lock);
  });
}

/**
 * The file, once it is known that it may be replaced, that it holds a private key alone, and that this is as the verb wants
 * it. Errors: `ERR_UNSAFE`, `ERR_FILE`, `ERR_ENCRYPTED`, `ERR_NOT_ENCRYPTED`.
 */
async function look(place: KeyPlace, verb: Verb): Promise<{ readonly text: string; readonly stats: Stats }> {
  const { path, directory, locks, file } = place;
  await (locks ? refuseUnsafeDirectory(directory) : refuseSwappable(directory));
  await refuseUnsafeFolders(directory, file);
  await refuseToReplace(path);
  if (!(await isThere(path))) {
    throw new DirectoryError('ERR_FILE', path, `cannot read ${path}: it is not there`, {
      hint: "name the private key's file, or with --dir the directory of the CA",
    });
  }
  const { bytes, stats } = await readRegular(path, { hint: remedy }).catch((error: unknown) => {
    throw error instanceof DirectoryError ? error : fileError(path, 'read', error);
  });
  refuseOthers(path, stats);
  const text = bytes.toString('latin1');
  refuseMore(path, text);
  const encrypted = isEncryptedKey(text);
  if (encrypted && verb === 'add') {
    throw new PassphraseError('ERR_ENCRYPTED', path, `${path} has a passphrase already`, {
      hint: `nothing was changed; to give it another one: docker-tls-openssl passphrase change ${shellWord(place.shown)}`,
    });
  }
  // What is no key at all is told when it is opened.
  if (!encrypted && verb !== 'add' && /^-----BEGIN (?:\w+ )?PRIVATE KEY-----/m.test(text)) {
    throw new PassphraseError('ERR_NOT_ENCRYPTED', path, `${path} has no passphrase: it is not encrypted`, {
      hint:
        verb === 'change'
          ? `nothing was changed; to give it one: docker-tls-openssl passphrase add ${shellWord(place.shown)}`
          : 'nothing was changed, for nothing has to be',
    });
  }
  return { text, stats };
}

const remedy = "name the private key's file";
const unusable = { code: 'ERR_FILE', remedy } as const;

/** openssl writes the key alone: what else is in the file would be lost. */
function refuseMore(path: string, text: string): void {
  const labels = [...text.matchAll(/^-----BEGIN ([A-Z0-9 ]+)-----/gm)].map(([, label]) => label);
  const others = labels.filter((label) => label !== 'EC PARAMETERS'); // stand in the key, too
  if (others.length < 2 || !others.some((label) => label?.endsWith('PRIVATE KEY'))) return;
  throw new DirectoryError('ERR_FILE', path, `${path} holds more than one private key alone`, {
    hint: 'nothing was changed; put the key into a file of its own',
  });
}

interface Secrets {
  readonly passin: Passphrase | undefined;
  readonly passout: Passphrase | undefined;
}

/** The old one is tried before a new one is asked for. */
async function ask(
  verb: Verb,
  place: KeyPlace,
  { passphrase, newPassphrase }: ChangePassphraseOptions,
): Promise<Secrets> {
  const { path } = place;
  const needed = (message: string, flags: string): PassphraseError =>
    new PassphraseError('ERR_PASSPHRASE_NEEDED', path, message, {
      hint: `give it with --${flags}-file FILE or --${flags}-fd N, or run at a terminal`,
    });
  const passin =
    verb === 'add'
      ? undefined
      : await answer(passphrase, 'open', path, () =>
          needed(`${path} is encrypted, and no passphrase was given`, 'passphrase'),
        );
  await openKey(path, passin, unusable);
  const passout =
    verb === 'remove'
      ? undefined
      : await answer(newPassphrase, 'create', path, () =>
          needed(`no new passphrase was given for ${path}`, verb === 'add' ? 'passphrase' : 'new-passphrase'),
        );
  return { passin, passout };
}

async function answer(
  given: ChangePassphraseOptions['passphrase'],
  purpose: 'open' | 'create',
  path: string,
  missing: () => PassphraseError,
): Promise<Passphrase> {
  const answered = typeof given === 'function' ? await given({ purpose, path }) : given;
  if (answered === undefined || answered === null) throw missing();
  return toPassphrase(answered);
}

/** The tutorials' `rsa` takes the passphrase of an RSA key away; everything else is `pkey`'s. */
function stepFor({ shown }: KeyPlace, kind: string | undefined, { passin, passout }: Secrets): OpensslStep {
  const files = { in: shown, out: shown, passin };
  return kind === 'rsa' && passout === undefined ? rsaStep(files) : pkeyStep({ ...files, passout });
}

function planRewrite(place: KeyPlace, key: KeyObject, secrets: Secrets, { mode, gid }: Stats): Plan {
  const { file } = place;
  const folder = dirname(file);
  const { passout } = secrets;
  const publicKey = String(createPublicKey(key).export({ type: 'spki', format: 'pem' }));
  return {
    recipe: 'passphrase',
    steps: [
      ...(folder === '.' ? [] : [{ kind: 'make-directory', path: folder } as const]),
      rebased(stepFor(place, key.asymmetricKeyType, secrets), process.cwd(), file),
      { kind: 'check-key', key: file, publicKey, ...(passout ? { passphrase: passout } : {}) },
      {
        kind: 'set-mode',
        mode: mode & 0o777,
        paths: [file],
        // Only who was let in before may be let in by it.
        ...((mode & 0o070) === 0 ? {} : { group: gid }),
      },
    ],
    replaces: [file],
    notes: [],
    departures: [],
  };
}

/** The kind of an encrypted key, as far as it can be told without its passphrase: by its label, or by the CA's certificate. */
async function kindFromOutside({ path }: KeyPlace, text: string): Promise<string | undefined> {
  if (/^-----BEGIN RSA PRIVATE KEY-----/m.test(text)) return 'rsa';
  if (basename(path) !== caFiles.key || /^-----BEGIN EC PRIVATE KEY-----/m.test(text)) return undefined;
  try {
    const { bytes } = await readRegular(join(dirname(path), caFiles.certificate));
    return new X509Certificate(bytes).publicKey.asymmetricKeyType;
  } catch {
    return undefined; // it is kept elsewhere
  }
}

/** The names of keys that dockerd and docker read. */
const leafKeys: ReadonlySet<string> = new Set(
  allLayouts.flatMap(({ server, client }) => [server.key, client.key].map((path) => basename(path))),
);

/** By its name: what the key is for is not written in it. */
function notesFor(verb: Verb, { shown, path }: KeyPlace): Note[] {
  const isCa = basename(path) === caFiles.key;
  const isLeaf = leafKeys.has(basename(path));
  if (verb === 'remove') {
    if (isLeaf) return [];
    const whoever = 'whoever reads that file can make clients, and a client is root on the host';
    const text = isCa
      ? `${shown} is not encrypted: ${whoever}`
      : `${shown} is not encrypted: if it is a CA's key, ${whoever}`;
    return [{ code: 'CA_KEY_UNENCRYPTED', text }];
  }
  if (isCa) return [];
  const text = isLeaf
    ? `Docker opens no encrypted key: it cannot use ${shown} until the passphrase is removed again`
    : `Docker opens no encrypted key: if ${shown} is a daemon's or a client's, it cannot be used as it is`;
  return [{ code: 'LEAF_KEY_ENCRYPTED', text }];
}
