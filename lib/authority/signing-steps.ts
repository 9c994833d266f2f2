import type { Step } from '../plan/step.js';
import { byRoot, chainLeafStep, chainNames, writeChainSteps, type ChainNames } from '../recipes/chain.js';
import { namesView, signatureStep, type ExistingCa } from '../recipes/recommended.js';
import { render, type Templates } from '../recipes/templates.js';
import { authoritiesOf, filesOfCa } from '../set/authorities.js';
import { leafFiles } from '../set/layout.js';
import { pemOf } from '../x509/pem.js';
import type { LeafRole } from '../x509/role.js';
import type { Serial } from '../x509/serial.js';
import type { Days } from '../x509/validity.js';
import type { AllowedRequest } from './allowed-names.js';
import { batchSteps } from './batch-steps.js';
import { verificationSteps, type Anchors } from '../recipes/verification-steps.js';

/** A CSR that is to be signed. */
export type ToSign = AllowedRequest & { readonly days: Days; readonly serial: Serial };

interface Signing {
  /** The CA that signs each role: where servers and clients have CAs of their own, another one for each. */
  readonly signers: Readonly<Record<LeafRole, ExistingCa>>;
  readonly templates: Templates<`${LeafRole}.cnf`>;
  /** A template is the user's own: then a certificate may hold more names than were asked for. */
  readonly ownTemplates: boolean;
}

/** The files of the chain of each CA that is under another one. */
type Chains = ReadonlyMap<ExistingCa, ChainNames>;

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
    ...(together.length === 0 ? [] : batchSteps(together, signing.signers.client, clientExtensions(signing))),
  ];
}

/**
 * The clients that `openssl ca` signs: they have the same extensions, so that one openssl signs many of them. Servers have names of
 * their own, a template of the user's own may name each client, and one of an intermediate CA carries a chain.
 */
function signedTogether(requests: readonly ToSign[], { signers, ownTemplates }: Signing): readonly ToSign[] {
  const clients = ownTemplates || signers.client.chain ? [] : requests.filter(isBatched);
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
  const chains = chainsOf(signing);
  return [
    ...[...chains].flatMap(([{ chain }, names]) => (chain ? writeChainSteps(chain, names) : [])),
    ...requests.flatMap((request) => makeSteps(request, signing, chains.get(signing.signers[request.role]))),
    ...(['server', 'client'] as const).flatMap((role) => {
      const those = requests.filter((request) => request.role === role);
      return verificationSteps(
        role,
        those.map(({ name }) => leafFiles(role, name).certificate),
        byWhom(role, signing, chains),
      );
    }),
    ...requests.map(({ role, name, names, serial, request }): Step => ({
      kind: 'check',
      certificate: leafFiles(role, name).certificate,
      publicKey: pemOf('PUBLIC KEY', Buffer.from(request.spki, 'base64')),
      issuer: issuerOf(role, signing),
      serial,
      role,
      altNames: names,
      strict: true,
      ...(signing.ownTemplates ? { moreNames: true } : {}),
    })),
    {
      kind: 'remove',
      paths: [
        ...files.map(({ config }) => config),
        ...[...chains.values()].flatMap(({ chain, root }) => [chain, root]),
      ],
    },
    {
      kind: 'set-mode',
      mode: 0o444,
      paths: files.flatMap(({ certificate, ca, csr }) => [certificate, ca, csr]),
    },
  ];
}

function issuerOf(role: LeafRole, { signers }: Signing): string {
  return filesOfCa(signers[role].ofRole).certificate;
}

function makeSteps(
  { role, name, subject, names, keyType, request, days, serial }: ToSign,
  signing: Signing,
  chain: ChainNames | undefined,
): Step[] {
  const { directory = '', certificate, ca, csr, config } = leafFiles(role, name);
  const { signers, templates } = signing;
  const signer = signers[role];
  const { trusted } = authoritiesOf(role, signer.ofRole !== undefined);
  const template = `${role}.cnf` as const;
  const view = { ...namesView(subject, names), rsa: keyType.startsWith('rsa:') };
  return [
    { kind: 'make-directory', path: directory },
    { kind: 'write-file', path: csr, content: request.pem },
    { kind: 'write-file', path: config, content: render(template, templates[template], view) },
    signatureStep({ role, name, days, serial }, signer),
    ...(chain ? [chainLeafStep(certificate, chain)] : []),
    { kind: 'copy-file', from: trusted.certificate, to: ca },
  ];
}

function chainsOf({ signers }: Signing): Chains {
  const chained = [...new Set(Object.values(signers))].filter(({ chain }) => chain !== undefined);
  return new Map(chained.map((signer, at) => [signer, chainNames(at)]));
}

/** Whom those trust who verify the certificates of a role. */
function byWhom(role: LeafRole, signing: Signing, chains: Chains): Anchors {
  const names = chains.get(signing.signers[role]);
  return names ? byRoot(names) : { caFile: issuerOf(role, signing) };
}
