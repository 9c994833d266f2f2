import type { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { systemCode } from '../../file-error.js';
import { readRegular } from '../../store/read-regular.js';
import { caFiles, clientCaFiles } from '../../set/layout.js';
import { lifetimeOf } from '../../x509/certificate.js';
import { constraintsAbove } from '../../x509/constraints-above.js';
import { issuerFacts, type IssuerFacts } from '../../x509/leaf-facts.js';
import { lifeState, type Lifetime, type Within } from '../../x509/life.js';
import type { NameConstraints } from '../../x509/name-constraints.js';
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

/** The CAs of one side, whose certificates the other side trusts. */
export interface SideAuthorities {
  readonly certificates: readonly X509Certificate[];
  /** The same, as the certificates that they signed name them. */
  readonly issuers: readonly IssuerFacts[];
  /** What the CA that signs may sign for alone. */
  readonly constraints: readonly NameConstraints[];
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
  return {
    certificates,
    issuers: certificates.map(issuerFacts),
    constraints: first ? constraintsAbove(first, certificates) : [],
  };
}
