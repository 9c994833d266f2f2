import type { KeyObject } from 'node:crypto';
import { createPublicKey, X509Certificate } from 'node:crypto';
import type { Stats } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { PassphraseError } from '../errors.js';
import { givenFlag } from '../given.js';
import type { Openssl } from '../openssl/find.js';
import { rebased } from '../execute/execute-step.js';
import { executeUnlocked } from '../execute/execute.js';
import { controlNames, parseControl, type RunControl } from '../execute/run-control.js';
import type { Note, OpensslStep, Plan } from '../plan/step.js';
import { openKey } from '../set/pairs.js';
import { allCaFiles, allLayouts, type PairFiles } from '../set/layout.js';
import { needsRepair, repair } from '../store/leftovers.js';
import { withLock, type Lock } from '../store/lock.js';
import { readRegular } from '../store/read-regular.js';
import { pkeyStep } from '../steps/pkey.js';
import { rsaStep } from '../steps/rsa.js';
import { keyEncryption, type KeyDerivation } from '../x509/key-encryption.js';
import { Passphrase, toPassphrase } from '../x509/passphrase.js';
import { repairNotes } from '../execute/change.js';
import type { PassphraseSource } from '../issue/options.js';
import { lookAtKey, keyPlaceOf, unusable, type KeyPlace, type Verb } from './key-place.js';
import { refuseUnknown, type OptionNames } from '../known-options.js';
import { option, words } from '../words.js';
import { commandLine } from '../plan/command-line.js';
import type { KeyRef } from '../x509/key-ref.js';

/** The key, and how to run openssl. */
export interface KeyOptions extends RunControl {
  /** The certificate directory. Default: `docker-tls` in the current directory. */
  readonly directory?: string | undefined;
  /** The private key's file, of any kind that openssl knows. Default: `ca-key.pem` of the certificate directory. */
  readonly key?: KeyRef | string | undefined;
  /** Returns the plan only: asks for no passphrase, and runs nothing. Default: false. */
  readonly dryRun?: boolean | undefined;
}

export interface AddPassphraseOptions extends KeyOptions {
  /** The new passphrase, or a function that is called for it. */
  readonly passphrase?: Passphrase | string | PassphraseSource | undefined;
}

export interface ChangePassphraseOptions extends KeyOptions {
  /** The current passphrase, or a function that is called for it. */
  readonly passphrase?: Passphrase | string | PassphraseSource | undefined;
  /** The new passphrase, or a function that is called for it once the current one has opened the key. */
  readonly newPassphrase?: Passphrase | string | PassphraseSource | undefined;
}

export interface RemovePassphraseOptions extends KeyOptions {
  /** The current passphrase, or a function that is called for it. */
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
  /** Read back from the file; undefined if it is not encrypted. */
  readonly cipher: 'aes-256-cbc' | undefined;
  /** The key derivation function, read back from the file. Also undefined after a dry run. */
  readonly kdf: KeyDerivation | undefined;
  /** Notes for the user. */
  readonly notes: readonly Note[];
  /** The command that ran, or would run, without secrets. */
  readonly commands: readonly string[];
  /** Undefined after a dry run. */
  readonly openssl: Openssl | undefined;
}

/**
 * Encrypts an unencrypted private key with AES-256 in PKCS#8 (PBES2), with every version of openssl. The new file is opened
 * with the passphrase and compared with the old key before it replaces it; mode and group stay. A certificate directory is
 * locked meanwhile. After any error the file is unchanged.
 * Errors: `ERR_ENCRYPTED`, `ERR_PASSPHRASE_NEEDED`, `ERR_UNSAFE`, `ERR_FILE`, `ERR_LOCKED`, `ERR_OPENSSL_*`, `ERR_READ_BACK`, …
 */
export async function addPassphrase(options: AddPassphraseOptions = {}): Promise<RewrittenKey> {
  refuseUnknown(options, optionNames);
  const { passphrase, ...rest } = options;
  return rewrite('add', { ...rest, newPassphrase: passphrase });
}

/**
 * Changes the passphrase of a private key, as `addPassphrase` does. Copies of the file keep the old passphrase.
 * Errors: `ERR_NOT_ENCRYPTED`, `ERR_PASSPHRASE_WRONG`; those of `addPassphrase`.
 */
export async function changePassphrase(options: ChangePassphraseOptions = {}): Promise<RewrittenKey> {
  refuseUnknown(options, changeNames);
  return rewrite('change', options);
}

/**
 * Decrypts a private key: only the mode of its file protects it then. Checks and replaces the file as `addPassphrase` does. Errors: those of `changePassphrase`.
 */
export async function removePassphrase(options: RemovePassphraseOptions = {}): Promise<RewrittenKey> {
  refuseUnknown(options, optionNames);
  return rewrite('remove', options);
}

async function rewrite(verb: Verb, options: ChangePassphraseOptions): Promise<RewrittenKey> {
  const control = parseControl(options);
  const dryRun = options.dryRun !== undefined && givenFlag(options.dryRun, 'dryRun');
  const place = await keyPlaceOf(options);
  const repaired = dryRun ? [] : await putInOrder(place, control);
  const { text } = await lookAtKey(place, verb);
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
    const { stats } = await lookAtKey(place, verb);
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

/** Called before a passphrase is tried: a killed run may have changed it. */
async function putInOrder({ directory, locks }: KeyPlace, control: RunControl): Promise<Note[]> {
  if (!locks || !(await needsRepair(directory))) return [];
  return withLock(directory, control, async () => repairNotes(await repair(directory), directory));
}

/** Explains a passphrase that opened the key a moment ago. */
function afterRepair(error: unknown, repaired: readonly Note[]): unknown {
  const finished = repaired.find(({ code }) => code === 'FINISHED');
  if (!finished || !(error instanceof PassphraseError) || error.code !== 'ERR_PASSPHRASE_WRONG') return error;
  return new PassphraseError(error.code, error.path, error.message, {
    cause: error,
    hint: `${finished.text}; if that run changed the passphrase, the new one opens the key`,
  });
}

/** Runs `work` under the lock of a certificate directory; elsewhere without a lock, as a single step does. */
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

interface Secrets {
  readonly passin: Passphrase | undefined;
  readonly passout: Passphrase | undefined;
}

/** Asks for the passphrases; the old one is tried before the new one is requested. */
async function ask(
  verb: Verb,
  place: KeyPlace,
  { passphrase, newPassphrase }: ChangePassphraseOptions,
): Promise<Secrets> {
  const { path } = place;
  const needed = (message: string, name: string): PassphraseError =>
    new PassphraseError('ERR_PASSPHRASE_NEEDED', path, message, {
      hint: words`give it with ${option(name)}`,
    });
  const passin =
    verb === 'add'
      ? undefined
      : await answer(passphrase, 'open', path, () =>
          needed(`${path} is encrypted, but no passphrase was given`, 'passphrase'),
        );
  await openKey(path, passin, unusable);
  const passout =
    verb === 'remove'
      ? undefined
      : await answer(newPassphrase, 'create', path, () =>
          needed(`no new passphrase was given for ${path}`, verb === 'add' ? 'passphrase' : 'newPassphrase'),
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

/** The tutorials' `rsa` removes the passphrase of an RSA key; `pkey` does everything else. */
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
        // Only users who could read the old file may read the new one.
        ...((mode & 0o070) === 0 ? {} : { group: gid }),
      },
    ],
    replaces: [file],
    notes: [],
    departures: [],
  };
}

/** The type of an encrypted key, as far as its label or the CA's certificate show it without the passphrase. */
async function kindFromOutside({ path }: KeyPlace, text: string): Promise<string | undefined> {
  if (/^-----BEGIN RSA PRIVATE KEY-----/m.test(text)) return 'rsa';
  const ca = caOfKey(path);
  if (!ca || /^-----BEGIN EC PRIVATE KEY-----/m.test(text)) return undefined;
  try {
    const { bytes } = await readRegular(join(dirname(path), ca.certificate));
    return new X509Certificate(bytes).publicKey.asymmetricKeyType;
  } catch {
    return undefined; // it is kept elsewhere
  }
}

/** The CA whose private key has that name. */
function caOfKey(path: string): PairFiles | undefined {
  return allCaFiles.find(({ key }) => key === basename(path));
}

/** The names of keys that dockerd and docker read. */
const leafKeys: ReadonlySet<string> = new Set(
  allLayouts.flatMap(({ server, client }) => [server.key, client.key].map((path) => basename(path))),
);

/** Notes by file name: the key itself does not show what it is for. */
function notesFor(verb: Verb, { shown, path }: KeyPlace): Note[] {
  const isCa = caOfKey(path) !== undefined;
  const isLeaf = leafKeys.has(basename(path));
  if (verb === 'remove') {
    if (isLeaf) return [];
    const danger = 'anyone who can read that file can create clients, and a client is root on the host';
    const text = isCa
      ? `${shown} is not encrypted: ${danger}`
      : `${shown} is not encrypted: if it is a CA's key, ${danger}`;
    return [{ code: 'CA_KEY_UNENCRYPTED', text }];
  }
  if (isCa) return [];
  const text = isLeaf
    ? `Docker cannot open encrypted keys: it cannot use ${shown} until the passphrase is removed again`
    : `Docker cannot open encrypted keys: if ${shown} is a daemon's or a client's, it cannot be used now`;
  return [{ code: 'LEAF_KEY_ENCRYPTED', text }];
}
