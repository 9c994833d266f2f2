import type { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { DirectoryError, DockerTlsError } from '../errors.js';
import type { Note } from '../plan/step.js';
import { ownCommand } from '../plan/own-command.js';
import type { ExistingCa, WantedCa } from '../recipes/recommended.js';
import { isEncrypted, openKey, type Pair, type Unusable } from '../set/pairs.js';
import { isThere } from '../store/is-there.js';
import { caFiles, allLayouts, type SetFiles } from '../set/layout.js';
import { notAfter, notBefore } from '../x509/certificate.js';
import { Passphrase } from '../x509/passphrase.js';
import { rdn } from '../x509/subject.js';
import { day, moment } from '../x509/validity.js';
import { askPassphrase } from './ask-passphrase.js';
import { notYetValid } from './kept-leaf.js';
import type { Part } from '../x509/role.js';
import { keyFor, type Values } from './request.js';

/**
 * Whether a CA is to be made. Throws where there is none and none was asked for, and where a new one would make void
 * what is there without having been asked to.
 */
export function makesCa(
  parts: readonly Part[],
  ca: Pair,
  leaves: readonly Pair[],
  named: readonly string[],
  { directory, force }: Values,
): boolean {
  const forced = force.includes('ca');
  if (!forced && ca.state === 'key-only') {
    throw new DirectoryError(
      'ERR_INCOMPLETE',
      ca.keyPath,
      `${ca.keyPath} is there, but its certificate ${caFiles.certificate} is not`,
      { hint: `bring ${caFiles.certificate} back from a backup, or from any host or client of this CA` },
    );
  }
  if (!parts.includes('ca') && ca.state === 'absent') {
    throw new DirectoryError('ERR_CA_MISSING', directory, `there is no CA in ${directory}`, {
      hint: 'make one with `docker-tls-openssl ca`, or everything with `docker-tls-openssl all`; or name its directory with --dir',
    });
  }
  if (!parts.includes('ca')) return false;
  const flat = leaves.find(({ state }) => state !== 'absent');
  const orphan = flat ? (flat.state === 'key-only' ? flat.keyPath : flat.certificatePath) : named[0];
  if (forced && orphan && parts.length === 1) {
    throw new DirectoryError(
      'ERR_CA_UNUSABLE',
      directory,
      `a new CA alone would make the certificates in ${directory} void`,
      { hint: 'make all of them anew with `docker-tls-openssl all --force ca`' },
    );
  }
  if (!forced && ca.state === 'absent' && orphan) {
    throw new DirectoryError('ERR_CA_MISSING', directory, `${orphan} is there, but its CA is not`, {
      hint: `bring ${caFiles.certificate} and ${caFiles.key} back from a backup, or make everything anew with \`docker-tls-openssl all --force ca\``,
    });
  }
  return forced || ca.state === 'absent';
}

/** A machine that was just switched on, and has no clock that runs without current, believes to be in the past. */
export function refuseClock(now: Date): void {
  if (now.getTime() >= WRITTEN) return;
  throw new DockerTlsError(
    'ERR_CLOCK',
    `this machine's clock says ${moment(now)}, which is before this program was written`,
    { hint: 'set the clock, and run the same command again: certificates made now would be void' },
  );
}

const WRITTEN = Date.UTC(2026, 0, 1);

export function caKeyUnencrypted(path: string): Note {
  return {
    code: 'CA_KEY_UNENCRYPTED',
    text: `${path} is not encrypted: whoever reads that file can make clients, and a client is root on the host`,
  };
}

/** A CA to make. Asks for its passphrase. Errors: those of `askPassphrase`. */
export async function newCa(previous: Pair, values: Values, show: boolean, notes: Note[]): Promise<WantedCa> {
  const unknown = show && values.passphrase !== null;
  const passphrase = unknown
    ? Passphrase.unknown()
    : await askPassphrase(values, { purpose: 'create', path: previous.keyPath });
  if (!passphrase) notes.push(caKeyUnencrypted(caFiles.key));
  const serial = values.serial();
  // A name of its own for each CA, so that two of them in one bundle are told apart.
  const subject = [...values.prefix, rdn('CN', `Docker TLS CA ${serial.slice(-8).toLowerCase()}`)];
  return { subject, key: keyFor(previous, values), days: values.caDays, serial, passphrase };
}

/** The CA that is there, once it is known that it can sign: openssl itself signs with anything. */
export async function existingCa(
  ca: Pair,
  certificate: X509Certificate,
  values: Values,
  show: boolean,
): Promise<ExistingCa> {
  if (ca.state === 'certificate-only') {
    throw new DirectoryError(
      'ERR_CA_MISSING',
      ca.keyPath,
      `${ca.certificatePath} is there, but the CA's private key ${ca.keyPath} is not`,
      { hint: `to sign, put ${caFiles.key} beside it; it can be taken away again afterwards` },
    );
  }
  refuseUnusable(certificate, ca.certificatePath, values);
  const encrypted = await isEncrypted(ca.keyPath);
  const algorithm = certificate.publicKey.asymmetricKeyType ?? '';
  if (show) return { algorithm, passphrase: encrypted ? Passphrase.unknown() : undefined };

  const passphrase = encrypted
    ? await askPassphrase(values, { purpose: 'open', path: ca.keyPath })
    : undefined;
  await refuseMismatch(ca, certificate, passphrase, unusableCa);
  return { algorithm, passphrase };
}

/** A CA that stays, as far as it can be told without its passphrase; its key may be kept elsewhere. Errors: `ERR_CA_UNUSABLE`. */
export async function checkKeptCa(
  ca: Pair,
  certificate: X509Certificate,
  values: Pick<Values, 'directory' | 'now'>,
  unusable: Unusable = unusableCa,
): Promise<void> {
  refuseUnusable(certificate, ca.certificatePath, values);
  if (ca.state === 'complete' && !(await isEncrypted(ca.keyPath)))
    await refuseMismatch(ca, certificate, undefined, unusable);
}

async function refuseMismatch(
  { certificatePath, keyPath }: Pair,
  certificate: X509Certificate,
  passphrase: Passphrase | undefined,
  unusable: Unusable,
): Promise<void> {
  if (certificate.checkPrivateKey(await openKey(keyPath, passphrase, unusable))) return;
  throw new DirectoryError(
    'ERR_CA_UNUSABLE',
    certificatePath,
    `${certificatePath} and ${keyPath} do not belong together`,
    { hint: 'bring the matching one back from a backup' },
  );
}

/** How a CA that cannot be read is told. */
export const unusableCa = {
  code: 'ERR_CA_UNUSABLE',
  remedy: 'make everything anew with `docker-tls-openssl all --force ca`',
} as const;

function refuseUnusable(
  certificate: X509Certificate,
  path: string,
  { directory, now }: Pick<Values, 'directory' | 'now'>,
): void {
  const refuse = (why: string, hint: string): never => {
    throw new DirectoryError('ERR_CA_UNUSABLE', path, `the CA ${path} cannot sign: ${why}`, { hint });
  };
  if (!certificate.ca)
    refuse('it is not a CA certificate', 'is it a server or client certificate by mistake?');
  if (notAfter(certificate) <= now)
    refuse(
      `it expired on ${day(notAfter(certificate))}`,
      `if this machine's clock is right (${moment(now)}), renew it first, where its private key is, with \`${ownCommand(['renew', 'ca'], directory)}\``,
    );
  if (notBefore(certificate) > now) refuse(...notYetValid(certificate, now));
}

/** Leaves that lie there by the names of another recipe than the one whose files are given. */
export async function strayLeaves(directory: string, made: SetFiles): Promise<string[]> {
  const sets = allLayouts;
  const all = new Set(sets.flatMap(({ server, client }) => [server.certificate, client.certificate]));
  const others = [...all].filter(
    (path) => ![made.server.certificate, made.client.certificate].includes(path),
  );
  const there = await Promise.all(others.map((path) => isThere(join(directory, path))));
  return others.filter((_, at) => there[at]);
}

/** What a new CA leaves behind. */
export function voided(left: readonly string[], ca = 'the new one'): Note[] {
  if (left.length === 0) return [];
  const text = `${left.join(', ')}: of another CA, and void with ${ca}; remove them and make them anew`;
  return [{ code: 'LEAVES_VOID', text }];
}
