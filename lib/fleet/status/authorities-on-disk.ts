import type { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { systemCode } from '../../file-error.js';
import { isPermitted } from '../../judge/outside.js';
import { readRegular } from '../../store/read-regular.js';
import { caFiles, clientCaFiles } from '../../set/layout.js';
import { formatAltName, localNames } from '../../x509/alt-names.js';
import { lifetimeOf } from '../../x509/certificate.js';
import { certificateDetails } from '../../x509/certificate-details.js';
import { constraintsAbove } from '../../x509/constraints-above.js';
import { lifeState, type Lifetime, type Within } from '../../x509/life.js';
import { readableCertificates } from '../../x509/pem.js';
import type { LeafRole } from '../../x509/role.js';

/** The certificate of a CA in the certificate directory. */
export interface CaOnDisk {
  /** Relative to the certificate directory. */
  readonly path: string;
  readonly state: 'ok' | 'due' | 'expired' | 'not-yet-valid' | 'broken' | 'missing';
  /** Undefined where there is none that can be read. */
  readonly life: Lifetime | undefined;
}

/** A CA by what its certificates name it by. */
interface CaName {
  /** The subject in DER. */
  readonly subject: Buffer;
  readonly key: string | undefined;
}

/** The CAs of one side, whose certificates the other side trusts. */
export interface SideAuthorities {
  readonly certificates: readonly X509Certificate[];
  readonly names: readonly CaName[];
  /** Those of this machine's own names that the CA may sign for: the others are left out of its certificates. */
  readonly localNames: readonly string[];
}

/** The CAs of a fleet. */
export interface FleetAuthorities {
  readonly files: readonly CaOnDisk[];
  readonly of: Readonly<Record<LeafRole, SideAuthorities>>;
}

/**
 * Reads the CAs of a certificate directory: `ca.pem`, and `client-ca.pem` where clients have a CA of their own. What cannot be
 * read is a state, and throws nothing.
 */
export async function readAuthorities(
  directory: string,
  now: Date,
  within: Within,
): Promise<FleetAuthorities> {
  const look = async (path: string): Promise<{ file: CaOnDisk; side: SideAuthorities }> => {
    const read = await readCas(join(directory, path));
    const certificates = typeof read === 'string' ? [] : read;
    const [first] = certificates;
    const life = first && lifetimeOf(first);
    const state = typeof read === 'string' ? read : life ? lifeState(life, now, within) : 'broken';
    return { file: { path, state, life }, side: sideOf(certificates) };
  };
  const ca = await look(caFiles.certificate);
  const clientCa = await look(clientCaFiles.certificate);
  const areSeparate = clientCa.file.state !== 'missing';
  return {
    files: [ca.file, ...(areSeparate ? [clientCa.file] : [])],
    of: { server: ca.side, client: areSeparate ? clientCa.side : ca.side },
  };
}

async function readCas(path: string): Promise<X509Certificate[] | 'missing' | 'broken'> {
  try {
    return readableCertificates((await readRegular(path)).bytes.toString('latin1'));
  } catch (error) {
    return ['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '') ? 'missing' : 'broken';
  }
}

function sideOf(certificates: readonly X509Certificate[]): SideAuthorities {
  const [first] = certificates;
  const constraints = first ? constraintsAbove(first, certificates) : [];
  return {
    certificates,
    names: certificates.map(caNameIn),
    localNames: localNames.filter((name) => isPermitted(name, constraints)).map(formatAltName),
  };
}

function caNameIn(certificate: X509Certificate): CaName {
  const { subject, subjectKeyIdentifier } = certificateDetails(certificate);
  return { subject, key: subjectKeyIdentifier };
}
