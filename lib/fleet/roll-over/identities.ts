import type { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import type { Identity } from '../../docker/connect/probe.js';
import { DockerTlsError } from '../../errors.js';
import { leafFiles } from '../../set/layout.js';
import { openKey, readText } from '../../set/pairs.js';
import { notAfter, notBefore } from '../../x509/certificate.js';
import { certificateOf } from '../../x509/pem.js';
import { day } from '../../x509/validity.js';
import { PROBE_NAME, type RollOver } from './state.js';
import type { RollOverCa } from './steps.js';

/** What a client of each CA shows to a daemon, or why there is none to show. */
export type RollOverIdentities = Readonly<Record<RollOverCa, Identity | NoIdentity>>;

interface NoIdentity {
  /** A sentence. */
  readonly why: string;
}

/**
 * Reads the certificates with which daemons are asked: of the new CA that of the probe, and of the old one that of a client which had it
 * when the roll-over started. One that is not valid now would be refused whatever the daemon trusts, and is none.
 */
export async function readIdentities(
  directory: string,
  rollOver: RollOver,
  now: Date,
): Promise<RollOverIdentities> {
  const ca = `${rollOver.new.toString()}${rollOver.old.toString()}`;
  const of = async (name: string, certificate?: X509Certificate): Promise<Identity | NoIdentity> => {
    const files = leafFiles('client', name);
    const paths = { certificate: join(directory, files.certificate), key: join(directory, files.key) };
    try {
      const shown = certificate ?? certificateOf((await readText(paths.certificate)) ?? '');
      const key = await readText(paths.key);
      if (!shown || key === undefined) return { why: `${files.certificate} or its key is missing` };
      if (notAfter(shown) <= now || notBefore(shown) > now)
        return {
          why: `the certificate of ${name} is valid from ${day(notBefore(shown))} to ${day(notAfter(shown))} only`,
        };
      const opened = await openKey(paths.key, undefined, { code: 'ERR_LEAF_UNUSABLE', remedy: '' });
      if (!shown.checkPrivateKey(opened)) return { why: `${files.key} is not the key of its certificate` };
      return { ca, certificate: shown.toString(), key };
    } catch (error) {
      if (error instanceof DockerTlsError) return { why: error.message };
      throw error;
    }
  };
  const witnesses: (Identity | NoIdentity)[] = [];
  for (const { client, certificate } of rollOver.witnesses) {
    const witness = await of(client, certificate);
    witnesses.push(witness);
    if (!('why' in witness)) break;
  }
  return {
    new: await of(PROBE_NAME),
    old: witnesses.at(-1) ?? { why: 'no client of the old CA has its key in the directory' },
  };
}
