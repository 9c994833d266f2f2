import type { KeyObject, X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { DirectoryError, DockerTlsError } from '../errors.js';
import type { Note } from '../plan/step.js';
import type { SignedByParent } from '../recipes/intermediate-ca.js';
import type { ExistingCa, WantedCa } from '../recipes/recommended.js';
import { isEncrypted, openKey, type Pair, type Unusable } from '../set/pairs.js';
import { isThere } from '../store/is-there.js';
import { filesOfCa, nameOfCaRole, type CaRole } from '../set/authorities.js';
import { allLayouts, besideOf, caFiles, type SetFiles } from '../set/layout.js';
import { chainOf } from '../x509/ca-chain.js';
import { caFlaw } from '../x509/ca-extensions.js';
import { notAfter, notBefore } from '../x509/certificate.js';
import { keyKindOf } from '../x509/key-type.js';
import type { Passphrase } from '../x509/passphrase.js';
import { rdn } from '../x509/subject.js';
import { day, moment } from '../x509/validity.js';
import { notYetValid } from './kept-leaf.js';
import type { Part } from '../x509/role.js';
import type { CaPair } from './ca-pair.js';
import { renewCaCall } from './renew-ca-call.js';
import { keyFor, type Values } from './request.js';
import { call, option, words, type Text } from '../words.js';

/**
 * Tells whether to create a CA. Throws if there is none and none was requested, and if a new one would invalidate existing
 * certificates without having been requested.
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
      `${ca.keyPath} exists, but its certificate ${caFiles.certificate} does not`,
      { hint: `restore ${caFiles.certificate} from a backup, or copy it from any host or client of this CA` },
    );
  }
  if (!parts.includes('ca') && ca.state === 'absent') {
    throw new DirectoryError('ERR_CA_MISSING', directory, `there is no CA in ${directory}`, {
      hint: words`create one with \`${call('ca', {}, directory)}\`, or everything with \`${call('all', {}, directory)}\`; or name its directory with ${option('directory')}`,
    });
  }
  if (!parts.includes('ca')) return false;
  const flat = leaves.find(({ state }) => state !== 'absent');
  const orphan = flat ? (flat.state === 'key-only' ? flat.keyPath : flat.certificatePath) : named[0];
  if (forced && orphan && parts.length === 1) {
    throw new DirectoryError(
      'ERR_CA_UNUSABLE',
      directory,
      `a new CA alone would invalidate the certificates in ${directory}`,
      { hint: words`recreate all of them with \`${call('all', { force: ['ca'] }, directory)}\`` },
    );
  }
  if (!forced && ca.state === 'absent' && orphan) {
    throw new DirectoryError('ERR_CA_MISSING', directory, `${orphan} exists, but its CA does not`, {
      hint: words`restore ${caFiles.certificate} and ${caFiles.key} from a backup, or create a new set beside it with \`${call('all', {}, besideOf(directory))}\``,
    });
  }
  return forced || ca.state === 'absent';
}

/** A machine without a battery-backed clock starts with a date in the past. Throws `ERR_CLOCK`. */
export function refuseClock(now: Date): void {
  if (now.getTime() >= WRITTEN) return;
  throw new DockerTlsError(
    'ERR_CLOCK',
    `this machine's clock says ${moment(now)}, which is before this program was written`,
    { hint: 'set the clock, then try again: certificates created now would be invalid' },
  );
}

const WRITTEN = Date.UTC(2026, 0, 1);

export function caKeyUnencrypted(path: string, ofRole?: CaRole): Note {
  const what =
    ofRole === 'server'
      ? 'create servers that every client trusts'
      : 'create clients, and a client is root on the host';
  return {
    code: 'CA_KEY_UNENCRYPTED',
    text: `${path} is not encrypted: anyone who can read that file can ${what}`,
  };
}

/** The values for a new CA. Errors: those of `askPassphrase`. */
export async function newCa(
  previous: CaPair,
  values: Values,
  notes: Note[],
  {
    passphraseOf = (path) => values.keyring.create(path),
    signed,
  }: {
    readonly passphraseOf?: (path: string) => Promise<Passphrase | undefined>;
    readonly signed?: SignedByParent | undefined;
  } = {},
): Promise<WantedCa> {
  const { keyRef, isInToken, ofRole } = previous;
  const passphrase = await (isInToken ? values.keyring.token(keyRef) : passphraseOf(previous.keyPath));
  if (!passphrase) notes.push(caKeyUnencrypted(filesOfCa(ofRole).key, ofRole));
  const serial = values.serial();
  // Each CA has a name of its own, so that two of them in one bundle can be distinguished.
  const name = `Docker TLS ${nameOfCaRole(ofRole)} ${serial.slice(-8).toLowerCase()}`;
  const subject = [...values.prefix, rdn('CN', name)];
  const key = isInToken ? undefined : keyFor(previous, values);
  const { permit, pathLength } = values;
  const { parent, days = values.caDays } = signed ?? {};
  return { subject, key, keyRef, days, serial, passphrase, permit, pathLength, parent, ofRole };
}

/** The existing CA, after checking that it can sign: openssl itself signs with anything. */
export async function existingCa(
  ca: CaPair,
  certificate: X509Certificate,
  values: Pick<Values, 'directory' | 'now' | 'keyring'>,
): Promise<ExistingCa> {
  const { keyRef, ofRole } = ca;
  if (ca.state === 'certificate-only') {
    throw new DirectoryError(
      'ERR_CA_MISSING',
      ca.keyPath,
      `${ca.certificatePath} exists, but the CA's private key ${ca.keyPath} does not`,
      {
        hint: words`to sign, put ${filesOfCa(ofRole).key} beside it, or name the key with ${option('caKey')}; you can move it away again afterwards`,
      },
    );
  }
  refuseUnusable(certificate, ca, values);
  const of = { ...keyKindOf(certificate.publicKey), chain: chainOf(ca.certificates), ofRole };
  // That a token's key matches, the signatures tell.
  if (ca.isInToken) return { ...of, keyRef, passphrase: await values.keyring.token(keyRef) };
  const passphrase = await values.keyring.open(ca.keyPath, {
    isEncrypted: await isEncrypted(ca.keyPath),
    unusable: unusableCa(values.directory),
    check: (key) => refuseMismatch(ca, certificate, key),
  });
  return { ...of, keyRef, passphrase };
}

/** Checks a CA that stays, as far as possible without its passphrase; its key may be kept elsewhere. Errors: `ERR_CA_UNUSABLE`. */
export async function checkKeptCa(
  ca: Pair & Partial<Pick<CaPair, 'isInToken' | 'ofRole'>>,
  certificate: X509Certificate,
  values: Pick<Values, 'directory' | 'now'>,
  unusable = unusableCa(values.directory),
): Promise<void> {
  refuseUnusable(certificate, ca, values);
  if (ca.state === 'complete' && !ca.isInToken && !(await isEncrypted(ca.keyPath)))
    refuseMismatch(ca, certificate, await openKey(ca.keyPath, undefined, unusable));
}

function refuseMismatch(
  { certificatePath, keyPath }: Pair,
  certificate: X509Certificate,
  key: KeyObject,
): void {
  if (certificate.checkPrivateKey(key)) return;
  throw new DirectoryError(
    'ERR_CA_UNUSABLE',
    certificatePath,
    `${certificatePath} and ${keyPath} do not belong together`,
    { hint: 'restore the matching one from a backup' },
  );
}

/** The error for a CA that cannot be read. */
export function unusableCa(directory: string): Unusable {
  const remedy = words`create a new set beside it with \`${call('all', {}, besideOf(directory))}\``;
  return { code: 'ERR_CA_UNUSABLE', remedy };
}

function refuseUnusable(
  certificate: X509Certificate,
  { certificatePath: path, ofRole }: Pick<Pair, 'certificatePath'> & { readonly ofRole?: CaRole },
  { directory, now }: Pick<Values, 'directory' | 'now'>,
): void {
  const refuse = (why: string, hint: Text): never => {
    throw new DirectoryError('ERR_CA_UNUSABLE', path, `the CA ${path} cannot sign: ${why}`, { hint });
  };
  const flaw = caFlaw(certificate);
  if (flaw)
    refuse(
      flaw.why,
      flaw.isFixable
        ? words`\`${renewCaCall(certificate, directory, ofRole)}\`, where its private key is, fixes that with the same key: what it signed stays valid`
        : 'is it a server or client certificate by mistake?',
    );
  if (notAfter(certificate) <= now)
    refuse(
      `it expired on ${day(notAfter(certificate))}`,
      words`if this machine's clock is right (${moment(now)}), renew it first, where its private key is, with \`${renewCaCall(certificate, directory, ofRole)}\``,
    );
  if (notBefore(certificate) > now) refuse(...notYetValid(certificate, now));
}

/** Existing certificates under the file names of other recipes. */
export async function strayLeaves(directory: string, made: SetFiles): Promise<string[]> {
  const sets = allLayouts;
  const all = new Set(sets.flatMap(({ server, client }) => [server.certificate, client.certificate]));
  const others = [...all].filter(
    (path) => ![made.server.certificate, made.client.certificate].includes(path),
  );
  const there = await Promise.all(others.map((path) => isThere(join(directory, path))));
  return others.filter((_, at) => there[at]);
}

/** A note on the certificates that a new CA invalidates. */
export function voided(left: readonly string[], ca = 'the new one'): Note[] {
  if (left.length === 0) return [];
  const text = `${left.join(', ')}: from another CA, and invalid with ${ca}; remove and recreate them`;
  return [{ code: 'LEAVES_VOID', text }];
}
