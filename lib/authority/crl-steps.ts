import type { Step } from '../plan/step.js';
import type { ExistingCa } from '../recipes/recommended.js';
import { indexFiles } from '../set/issued/read.js';
import { ATTRIBUTES } from '../set/issued/texts.js';
import { filesOfCa } from '../set/authorities.js';
import { gencrlStep } from '../steps/gencrl.js';
import { fittingDigest } from '../steps/req.js';
import { formatIndex, type IndexEntry } from '../x509/ca-index.js';
import { hexadecimal } from '../x509/der.js';
import type { Days } from '../x509/validity.js';
import { crlFilesOf } from '../set/crl-files.js';

/** A CRL that is to be signed. */
export interface WantedCrl {
  readonly signer: ExistingCa;
  /** The certificates that it revokes. */
  readonly revoked: readonly IndexEntry[];
  readonly number: bigint;
  readonly days: Days;
  /** The lists of other CAs that stay beside it in the file, in PEM. */
  readonly beside: readonly string[];
}

const config = 'crl.cnf';
const database = 'crl-index.txt';
const numbers = 'crl-number';

/** The steps that sign a CRL: openssl has an index of its own for it, with what this CA has revoked and nothing else. */
export function crlSteps({ signer, revoked, number, days, beside }: WantedCrl): Step[] {
  const files: readonly [path: string, content: string][] = [
    [config, configuration(fittingDigest(signer) ?? 'default')],
    [database, formatIndex(revoked)],
    [`${database}.attr`, ATTRIBUTES],
    [numbers, `${hexadecimal(number)}\n`],
  ];
  const { crl, number: numberFile } = crlFilesOf(signer.ofRole);
  const ca = filesOfCa(signer.ofRole).certificate;
  return [
    ...files.map(([path, content]): Step => ({ kind: 'write-file', path, content })),
    gencrlStep({
      config,
      configured: files.map(([path]) => path).filter((path) => path !== config),
      ca,
      caKey: signer.keyRef,
      passin: signer.passphrase,
      days,
      out: crl,
      title: `revocation list ${number}`,
    }),
    {
      kind: 'check-crl',
      crl,
      issuer: ca,
      number,
      days,
      revoked: revoked.map(({ serial }) => serial),
    },
    ...beside.map((pem): Step => ({ kind: 'echo', path: crl, text: pem.trimEnd(), append: true })),
    { kind: 'remove', paths: files.map(([path]) => path) },
    { kind: 'make-directory', path: indexFiles.folder },
    { kind: 'write-file', path: numberFile, content: `${hexadecimal(number)}\n` },
    { kind: 'set-mode', mode: 0o600, paths: [numberFile] },
    { kind: 'set-mode', mode: 0o444, paths: [crl] },
  ];
}

/** openssl-ca(1), CONFIGURATION FILE OPTIONS. The paths lie where openssl runs. */
function configuration(digest: string): string {
  return `# What openssl ca needs to sign a list of revoked certificates.
[ ca ]
default_ca = own

[ own ]
database = ${database}
crlnumber = ${numbers}
default_md = ${digest}
crl_extensions = crl

[ crl ]
# How verifiers find the key that signed it (RFC 5280 section 5.2.1).
authorityKeyIdentifier = keyid,issuer
`;
}
