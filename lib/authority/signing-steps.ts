import type { Step } from '../plan/step.js';
import { namesView, signatureStep, type ExistingCa } from '../recipes/recommended.js';
import { render, type Templates } from '../recipes/templates.js';
import { caFiles, leafFiles } from '../set/layout.js';
import { pemOf } from '../x509/pem.js';
import type { LeafRole } from '../x509/role.js';
import type { Serial } from '../x509/serial.js';
import type { Days } from '../x509/validity.js';
import type { AllowedRequest } from './allowed-names.js';
import { batchSteps } from './batch-steps.js';
import { verificationSteps } from './verification-steps.js';

/** A CSR that is to be signed. */
export type ToSign = AllowedRequest & { readonly days: Days; readonly serial: Serial };

interface Signing {
  readonly signer: ExistingCa;
  readonly templates: Templates<`${LeafRole}.cnf`>;
  /** A template is the user's own: then a certificate may hold more names than were asked for. */
  readonly ownTemplates: boolean;
}

/** Fewer clients are signed one by one: an openssl for each of them takes no time to speak of. */
const LEAST_TOGETHER = 20;

/**
 * The steps that sign CSRs: each CSR as it was read and checked, its certificate with our extensions, and the CA's certificate
 * beside it; then the verification of all.
 */
export function signingSteps(requests: readonly ToSign[], signing: Signing): Step[] {
  const together = signedTogether(requests, signing);
  const alone = together.length === 0 ? requests : requests.filter((one) => !isBatched(one));
  return [
    ...aloneSteps(alone, signing),
    ...(together.length === 0 ? [] : batchSteps(together, signing.signer, clientExtensions(signing))),
  ];
}

/**
 * The clients that `openssl ca` signs: they have the same extensions, so that one openssl signs many of them. Servers have names of
 * their own, and a template of the user's own may name each client.
 */
function signedTogether(requests: readonly ToSign[], { ownTemplates }: Signing): readonly ToSign[] {
  const clients = ownTemplates ? [] : requests.filter(isBatched);
  return clients.length < LEAST_TOGETHER ? [] : clients;
}

function isBatched({ role, request }: ToSign): boolean {
  return role === 'client' && request.fitsCa;
}

/** Those of every client: its template takes nothing from a CSR into them. */
function clientExtensions({ templates }: Signing): string {
  return render('client.cnf', templates['client.cnf'], { ...namesView([], []), rsa: false });
}

/** Each by an openssl of its own. */
function aloneSteps(requests: readonly ToSign[], signing: Signing): Step[] {
  if (requests.length === 0) return [];
  const files = requests.map(({ role, name }) => leafFiles(role, name));
  return [
    ...requests.flatMap((request) => makeSteps(request, signing)),
    ...(['server', 'client'] as const).flatMap((role) => {
      const those = requests.filter((request) => request.role === role);
      return verificationSteps(
        role,
        those.map(({ name }) => leafFiles(role, name).certificate),
      );
    }),
    ...requests.map(({ role, name, names, serial, request }): Step => ({
      kind: 'check',
      certificate: leafFiles(role, name).certificate,
      publicKey: pemOf('PUBLIC KEY', Buffer.from(request.spki, 'base64')),
      issuer: caFiles.certificate,
      serial,
      role,
      altNames: names,
      strict: true,
      ...(signing.ownTemplates ? { moreNames: true } : {}),
    })),
    { kind: 'remove', paths: files.map(({ config }) => config) },
    {
      kind: 'set-mode',
      mode: 0o444,
      paths: files.flatMap(({ certificate, ca, csr }) => [certificate, ca, csr]),
    },
  ];
}

function makeSteps(
  { role, name, subject, names, keyType, request, days, serial }: ToSign,
  signing: Signing,
): Step[] {
  const { directory = '', ca, csr, config } = leafFiles(role, name);
  const { signer, templates } = signing;
  const template = `${role}.cnf` as const;
  const view = { ...namesView(subject, names), rsa: keyType.startsWith('rsa:') };
  return [
    { kind: 'make-directory', path: directory },
    { kind: 'write-file', path: csr, content: request.pem },
    { kind: 'write-file', path: config, content: render(template, templates[template], view) },
    signatureStep({ role, name, days, serial }, signer),
    { kind: 'copy-file', from: caFiles.certificate, to: ca },
  ];
}
