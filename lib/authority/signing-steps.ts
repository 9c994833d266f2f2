import type { Step } from '../plan/step.js';
import { byRoot, chainLeafStep, chainNames, writeChainSteps, type ChainNames } from '../recipes/chain.js';
import { namesView, signatureStep, type ExistingCa } from '../recipes/recommended.js';
import { render, type Templates } from '../recipes/templates.js';
import { authoritiesOf, filesOfCa } from '../set/authorities.js';
import { leafFiles } from '../set/layout.js';
import { verifyStep } from '../steps/verify.js';
import type { LeafRole } from '../x509/role.js';
import type { Serial } from '../x509/serial.js';
import type { Days } from '../x509/validity.js';
import type { AllowedRequest } from './allowed-names.js';

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

/** As many certificates are verified by one openssl: the words of a command line are limited. */
const MOST_AT_ONCE = 500;

/**
 * The steps that sign CSRs: each CSR as it was read and checked, its certificate with our extensions, and the CA's certificate
 * beside it; then the verification of all.
 */
export function signingSteps(requests: readonly ToSign[], signing: Signing): Step[] {
  const files = requests.map(({ role, name }) => leafFiles(role, name));
  const chains = chainsOf(signing);
  return [
    ...[...chains].flatMap(([{ chain }, names]) => (chain ? writeChainSteps(chain, names) : [])),
    ...requests.flatMap((request) => makeSteps(request, signing, chains.get(signing.signers[request.role]))),
    ...(['server', 'client'] as const).flatMap((role) =>
      verifications(
        role,
        requests.filter((request) => request.role === role),
        byWhom(role, signing, chains),
      ),
    ),
    ...requests.map(({ role, name, names, serial, request }): Step => ({
      kind: 'check',
      certificate: leafFiles(role, name).certificate,
      publicKey: request.publicKey.export({ format: 'pem', type: 'spki' }).toString(),
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
function byWhom(role: LeafRole, signing: Signing, chains: Chains): ReturnType<typeof byRoot> {
  const names = chains.get(signing.signers[role]);
  return names ? byRoot(names) : { caFile: issuerOf(role, signing) };
}

function verifications(role: LeafRole, requests: readonly ToSign[], by: ReturnType<typeof byRoot>): Step[] {
  const paths = requests.map(({ name }) => leafFiles(role, name).certificate);
  const groups = Array.from({ length: Math.ceil(paths.length / MOST_AT_ONCE) }, (_, at) =>
    paths.slice(at * MOST_AT_ONCE, (at + 1) * MOST_AT_ONCE),
  );
  return groups.map((group) =>
    verifyStep({
      in: group,
      ...by,
      purpose: role === 'server' ? 'sslserver' : 'sslclient',
      title:
        group.length === 1 ? `verification of ${group.join('')}` : `verification of ${group.length} ${role}s`,
    }),
  );
}
