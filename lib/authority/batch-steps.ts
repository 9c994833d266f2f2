import type { SignedCsr, Step } from '../plan/step.js';
import type { ExistingCa } from '../recipes/recommended.js';
import { ATTRIBUTES } from '../set/issued/texts.js';
import { authoritiesOf, filesOfCa } from '../set/authorities.js';
import { leafFiles } from '../set/layout.js';
import { caInfilesStep } from '../steps/ca-infiles.js';
import { fittingDigest } from '../steps/req.js';
import { hexadecimal } from '../x509/der.js';
import type { Serial } from '../x509/serial.js';
import type { SigningRequest } from '../x509/signing-request.js';
import type { Days } from '../x509/validity.js';
import { verificationSteps } from './verification-steps.js';

/** A client whose CSR is signed together with others. */
export interface BatchedClient {
  readonly name: string;
  readonly request: SigningRequest;
  readonly days: Days;
  readonly serial: Serial;
}

/** As many are signed by one openssl: while it works, the next are written and the last are read back. */
const MOST_AT_ONCE = 250;

const extfile = 'signing/client.cnf';

/**
 * The steps that sign the CSRs of clients, each openssl many of them: with an index of its own that is not kept, and serial numbers
 * that follow a random one. That one is drawn when all of its CSRs are known, so nobody could make a CSR for a number.
 */
export function batchSteps(
  clients: readonly BatchedClient[],
  signer: ExistingCa,
  extensions: string,
): Step[] {
  const groups: BatchedClient[][] = [];
  for (let at = 0; at < clients.length; at += MOST_AT_ONCE) groups.push(clients.slice(at, at + MOST_AT_ONCE));
  return [
    { kind: 'make-directory', path: 'signing' },
    { kind: 'write-file', path: extfile, content: extensions },
    ...groups.flatMap((group, at) => groupSteps(group, signer, `signing/${at + 1}`)),
    { kind: 'remove', paths: [extfile] },
  ];
}

function groupSteps(clients: readonly BatchedClient[], signer: ExistingCa, folder: string): Step[] {
  const [first] = clients;
  if (!first) return [];
  const issuer = filesOfCa(signer.ofRole).certificate;
  const { trusted } = authoritiesOf('client', signer.ofRole !== undefined);
  const [config, database, serials] = [`${folder}/ca.cnf`, `${folder}/index.txt`, `${folder}/serial`];
  const files: readonly [path: string, content: string][] = [
    [config, configuration(folder, database, serials)],
    [database, ''],
    [`${database}.attr`, ATTRIBUTES],
    [serials, `${first.serial}\n`],
  ];
  const start = BigInt(`0x${first.serial}`);
  const made = clients.map(({ name, request }, at) => {
    const serial = hexadecimal(start + BigInt(at)) as Serial;
    return { ...leafFiles('client', name), request, serial, signed: `${folder}/${serial}.pem` };
  });
  return [
    {
      kind: 'put-files',
      files: [
        ...files.map(([path, content]) => ({ path, content })),
        ...made.map(({ csr, request }) => ({ path: csr, content: request.pem })),
      ],
    },
    caInfilesStep({
      config,
      configured: files.map(([path]) => path).filter((path) => path !== config),
      signs: made.map(({ csr, serial, signed }): SignedCsr => ({ csr, serial, writes: signed })),
      ca: issuer,
      caKey: signer.keyRef,
      passin: signer.passphrase,
      days: first.days,
      digest: fittingDigest(signer),
      extfile,
      extensions: 'v3_client',
      title: `certificates of ${clients.length} clients`,
    }),
    {
      kind: 'put-files',
      files: made.flatMap(({ certificate, ca, signed }) => [
        { path: certificate, moved: signed },
        { path: ca, copyOf: trusted.certificate },
      ]),
    },
    { kind: 'remove', paths: files.map(([path]) => path) },
    ...verificationSteps(
      'client',
      made.map(({ certificate }) => certificate),
      { caFile: issuer },
    ),
    {
      kind: 'check-signed',
      certificates: made.map(({ certificate, request }) => ({ certificate, publicKey: request.spki })),
      issuer,
      role: 'client',
    },
    {
      kind: 'set-mode',
      mode: 0o444,
      paths: made.flatMap(({ certificate, ca, csr }) => [certificate, ca, csr]),
    },
  ];
}

/** openssl-ca(1), CONFIGURATION FILE OPTIONS. The paths lie where openssl runs. */
function configuration(folder: string, database: string, serials: string): string {
  return `# What openssl ca needs to sign requests.
[ ca ]
default_ca = own

[ own ]
database = ${database}
serial = ${serials}
new_certs_dir = ${folder}
policy = any
copy_extensions = none

# Each subject stays as it is.
[ any ]
`;
}
