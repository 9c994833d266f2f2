import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { readRegularNow } from '../../store/read-regular.js';
import { refuseUnsafeDirectory, refuseUnsafeFolders } from '../../store/safety.js';
import { isThere } from '../../store/is-there.js';
import { mistaken } from '../../x509/contents.js';
import { readCsr } from '../../x509/csr.js';
import { DerError } from '../../x509/der.js';
import { oneObject } from '../../x509/one-object.js';
import { heldIn } from '../../x509/pem.js';
import type { LeafRole } from '../../x509/role.js';
import { readSigningRequest, RequestFault, type SigningRequest } from '../../x509/signing-request.js';
import { listOrNothing, whyUnreadable } from './member-files.js';

/** A file that should hold a CSR, looked into only as far as somebody asks. */
export interface WaitingCsr {
  /** Absolute. */
  readonly file: string;
  /** Its public key (SPKI in DER); undefined where it cannot be read. */
  readonly spki: Buffer | undefined;
  /** What it holds; undefined where it cannot be read. */
  readonly text: string | undefined;
  /** Checks it: its own signature, and how strong its key is. Gives why nothing is signed for it. */
  readonly check: () => SigningRequest | { readonly fault: string };
}

/** The CSRs that wait to be signed. */
export interface Inbox {
  /** That of a host or a client; undefined where none has come. */
  readonly of: (role: LeafRole, name: string) => WaitingCsr | undefined;
  /** Where it would lie, absolute. */
  readonly placeOf: (role: LeafRole, name: string) => string;
  /** The names that have one. */
  readonly names: Readonly<Record<LeafRole, ReadonlySet<string>>>;
}

/** The ending of the file of a CSR. */
export const CSR_ENDING = '.csr';

/** The directory of the CSRs of hosts, or of clients, in the inbox. */
export function inboxFolder(role: LeafRole): string {
  return `${role}s`;
}

/**
 * Looks into the directory in which CSRs wait: anyone who can put a file there could get a certificate for a key of their own.
 * Errors: `ERR_UNSAFE`, `ERR_FILE`.
 */
export async function readInbox(directory: string): Promise<Inbox> {
  const roles = ['server', 'client'] as const;
  if (await isThere(directory)) {
    await refuseUnsafeDirectory(directory, 'csrs');
    for (const role of roles) await refuseUnsafeFolders(directory, `${inboxFolder(role)}/any${CSR_ENDING}`);
  }
  const placeOf = (role: LeafRole, name: string): string =>
    join(directory, inboxFolder(role), `${name}${CSR_ENDING}`);
  const namesOf = (role: LeafRole): ReadonlySet<string> => {
    const path = join(directory, inboxFolder(role));
    const files = listOrNothing(path, () => readdirSync(path));
    const csrs = files.filter((file) => file.endsWith(CSR_ENDING) && !file.startsWith('.'));
    return new Set(csrs.map((file) => basename(file, CSR_ENDING)));
  };
  const names = { server: namesOf('server'), client: namesOf('client') };
  return {
    names,
    placeOf,
    of: (role, name) => (names[role].has(name) ? readWaiting(placeOf(role, name)) : undefined),
  };
}

/** Reads the file of a CSR, of which a symbolic link is none. */
export function readWaiting(file: string): WaitingCsr {
  try {
    const bytes = readRegularNow(file, { followLinks: false });
    if (!bytes) return faulty(file, 'it is a directory');
    return { ...lookedAt(bytes), file };
  } catch (error) {
    return faulty(file, whyUnreadable(error));
  }
}

function faulty(file: string, fault: string): WaitingCsr {
  return { file, spki: undefined, text: undefined, check: () => ({ fault }) };
}

function lookedAt(bytes: Buffer): Omit<WaitingCsr, 'file'> {
  const text = bytes.toString('latin1');
  return { spki: spkiIn(text), text, check: () => checkedCsr(text, bytes) };
}

/** Of a CSR that is not looked into any further: that of the certificate's own key. */
function spkiIn(text: string): Buffer | undefined {
  const found = oneObject(text, true);
  try {
    return 'der' in found && found.der ? readCsr(found.der).spki : undefined;
  } catch (error) {
    if (error instanceof DerError || error instanceof TypeError) return undefined;
    throw error;
  }
}

/** A CSR that something is signed for, or why nothing is. */
export function checkedCsr(
  text: string,
  bytes: Buffer = Buffer.from(text, 'latin1'),
): SigningRequest | { readonly fault: string } {
  try {
    return readSigningRequest(text);
  } catch (error) {
    if (!(error instanceof RequestFault)) throw error;
    return {
      fault: heldIn(text) === 'csr' ? error.message : mistaken(bytes, 'a certificate signing request').why,
    };
  }
}
