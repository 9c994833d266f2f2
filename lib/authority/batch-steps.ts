import type { Step } from '../plan/step.js';
import type { ExistingCa } from '../recipes/recommended.js';
import { signTogether } from '../recipes/sign-together.js';
import { verificationSteps } from '../recipes/verification-steps.js';
import { authoritiesOf, filesOfCa } from '../set/authorities.js';
import { leafFiles } from '../set/layout.js';
import type { Serial } from '../x509/serial.js';
import type { SigningRequest } from '../x509/signing-request.js';
import type { Days } from '../x509/validity.js';

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
  const all = clients.map(({ name, request }) => ({ ...leafFiles('client', name), request }));
  const { files, sign, signed } = signTogether({
    csrs: all.map(({ csr }) => csr),
    signer,
    days: first.days,
    serial: first.serial,
    extfile,
    extensions: 'v3_client',
    takesNames: false,
    folder,
    title: `certificates of ${clients.length} clients`,
  });
  return [
    {
      kind: 'put-files',
      files: [...files, ...all.map(({ csr, request }) => ({ path: csr, content: request.pem }))],
    },
    sign,
    {
      kind: 'put-files',
      files: all.flatMap(({ certificate, ca }, at) => [
        { path: certificate, moved: signed[at] ?? '' },
        { path: ca, copyOf: trusted.certificate },
      ]),
    },
    { kind: 'remove', paths: files.map(({ path }) => path) },
    ...verificationSteps(
      'client',
      all.map(({ certificate }) => certificate),
      { caFile: issuer },
    ),
    {
      kind: 'check-signed',
      certificates: all.map(({ certificate, request }) => ({ certificate, publicKey: request.spki })),
      issuer,
      role: 'client',
    },
    {
      kind: 'set-mode',
      mode: 0o444,
      paths: all.flatMap(({ certificate, ca, csr }) => [certificate, ca, csr]),
    },
  ];
}
