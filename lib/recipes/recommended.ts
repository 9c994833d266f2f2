import type { Note, OpensslStep, Plan, Step } from '../plan/step.js';
import { genpkeyStep } from '../steps/genpkey.js';
import { genrsaStep } from '../steps/genrsa.js';
import { reqX509Step } from '../steps/req-x509.js';
import { fittingDigest, reqStep, type Digest } from '../steps/req.js';
import { verifyStep } from '../steps/verify.js';
import { x509ReqStep } from '../steps/x509-req.js';
import { authoritiesOf, filesOfCa, nameOfCaRole, type CaRole } from '../set/authorities.js';
import { leafFiles } from '../set/layout.js';
import type { LeafRole } from '../x509/role.js';
import type { AltName } from '../x509/alt-names.js';
import type { KeyRef } from '../x509/key-ref.js';
import type { KeyKind, KeyType } from '../x509/key-type.js';
import { constraintLines, type NameConstraints } from '../x509/name-constraints.js';
import type { Passphrase } from '../x509/passphrase.js';
import type { Serial } from '../x509/serial.js';
import type { Subject } from '../x509/subject.js';
import type { Days } from '../x509/validity.js';
import type { CaChain } from '../x509/ca-chain.js';
import { byRoot, chainLeafStep, chainScaffolding, writeChainSteps } from './chain.js';
import { intermediateCaSteps, type ParentCa } from './intermediate-ca.js';
import { render, type Templates } from './templates.js';

/** The extensions that every certificate needs. Randomness and the clock have done their part before: these are values. */
interface CertificateValues {
  readonly subject: Subject;
  readonly key: KeyType;
  readonly days: Days;
  readonly serial: Serial;
}

export interface WantedCa extends Omit<CertificateValues, 'key'> {
  /** The type of its new key; undefined for one that exists already, in a token. */
  readonly key: KeyType | undefined;
  readonly keyRef: KeyRef;
  /** Encrypts its new key, where one is given; the PIN of a token. */
  readonly passphrase: Passphrase | undefined;
  /** What it may sign for; undefined for any name. */
  readonly permit?: NameConstraints | undefined;
  /** How many CAs may be below it. Default: 0. */
  readonly pathLength?: number | undefined;
  /** Signs it; undefined for a root. */
  readonly parent?: ParentCa | undefined;
  /** Whose certificates it signs, where servers and clients have CAs of their own. */
  readonly ofRole?: CaRole;
}

export interface WantedLeaf extends CertificateValues {
  readonly role: LeafRole;
  /** The directory NAME below `servers/` or `clients/`; undefined for the default pair. */
  readonly name: string | undefined;
  /** For a server; a client has none. */
  readonly altNames: readonly AltName[];
}

/** The CA that is in the directory already. */
export interface ExistingCa extends KeyKind {
  readonly keyRef: KeyRef;
  readonly passphrase: Passphrase | undefined;
  /** The CAs above it, of which its leaves carry the intermediate ones; undefined for a root. */
  readonly chain?: CaChain | undefined;
  /** Whose certificates it signs, where servers and clients have CAs of their own. */
  readonly ofRole?: CaRole;
}

export const recommendedTemplates = ['ca.cnf', 'server.cnf', 'client.cnf'] as const;

export interface RecommendedOptions {
  /** A CA to make, or the existing one that signs, with what opens its key. */
  readonly ca: WantedCa | ExistingCa;
  /** Signs the clients, where servers and clients have CAs of their own; `ca` signs the servers then. */
  readonly clientCa?: WantedCa | ExistingCa | undefined;
  readonly leaves: readonly WantedLeaf[];
  readonly templates: Templates<(typeof recommendedTemplates)[number]>;
  /** True if a template is the user's own: then a certificate may hold more names than were asked for. */
  readonly ownTemplates?: boolean;
  readonly replaces?: readonly string[];
  readonly notes?: readonly Note[];
}

/**
 * The tutorials' own steps and names, with profiles that today's strictest clients accept: for each certificate a key,
 * a CSR and a signature; subject and extensions in a configuration file, where no character of a name has a meaning;
 * random 128-bit serials, so that no `ca.srl` is shared; then the verification of all that was made.
 */
export function recommended(options: RecommendedOptions): Plan {
  const { ca, clientCa, leaves, replaces = [], notes = [] } = options;
  const cas = clientCa ? [ca, clientCa] : [ca];
  const parts = [
    ...cas.flatMap((one) => ('algorithm' in one ? [] : [makeCa(one, options)])),
    ...leaves.map((leaf) => makeLeaf(leaf, options)),
  ];
  const copies = leaves.flatMap(({ role, name }): Step[] => {
    const { directory, ca: copy } = leafFiles(role, name);
    const { trusted } = authoritiesOf(role, ca.ofRole !== undefined);
    return directory === undefined ? [] : [{ kind: 'copy-file', from: trusted.certificate, to: copy }];
  });
  if (parts.length === 0) return { recipe: 'recommended', steps: [], replaces, notes, departures: [] };
  const chain = 'chain' in ca && ca.chain ? writeChainSteps(ca.chain) : [];
  const made = [...chain, ...parts.flatMap((part) => part.make)];
  const steps: Step[] = [
    ...made,
    ...copies,
    ...parts.flatMap((part) => part.check),
    { kind: 'remove', paths: [...parts.flatMap((part) => part.scaffolding), ...chainScaffolding(made)] },
    { kind: 'set-mode', mode: 0o400, paths: parts.flatMap((part) => part.keys) },
    { kind: 'set-mode', mode: 0o444, paths: parts.flatMap((part) => part.certificates) },
  ];
  return { recipe: 'recommended', steps, replaces, notes, departures: [] };
}

/** One certificate's share of the plan. */
interface CertificateSteps {
  readonly make: readonly Step[];
  readonly check: readonly Step[];
  readonly keys: readonly string[];
  readonly certificates: readonly string[];
  /** Files that only the making needs. */
  readonly scaffolding: readonly string[];
}

function makeCa(ca: WantedCa, { templates, ownTemplates }: RecommendedOptions): CertificateSteps {
  const { passphrase, days, serial, permit, parent, pathLength, ofRole } = ca;
  const { certificate, key: keyFile } = filesOfCa(ofRole);
  const config = certificate.replace(/pem$/, 'cnf');
  const whose = `of the ${nameOfCaRole(ofRole)}`;
  const key = ca.key && keyFile;
  const signed = parent && intermediateCaSteps(ca, parent, config);
  return {
    make: [
      ...(ca.key ? [keyStep(ca.key, keyFile, `private key ${whose}`, passphrase)] : []),
      { kind: 'write-file', path: config, content: render('ca.cnf', templates['ca.cnf'], view(ca)) },
      ...(signed?.make ?? [
        reqX509Step({
          key: ca.keyRef,
          passin: passphrase,
          config,
          extensions: 'v3_ca',
          days,
          setSerial: serial,
          digest: ca.key && fittingDigest(ca.key),
          out: certificate,
          title: `certificate ${whose}`,
        }),
      ]),
    ],
    check: [
      ...(signed?.check ?? []),
      {
        kind: 'check',
        certificate,
        key,
        ...(key !== undefined && passphrase && { passphrase }),
        issuer: signed?.issuer ?? certificate,
        serial,
        role: 'ca',
        altNames: [],
        ...(permit && { permit }),
        ...(pathLength !== undefined && { pathLength }),
        strict: true,
        ...(ownTemplates ? { moreNames: true } : {}),
      },
    ],
    keys: key === undefined ? [] : [key],
    certificates: [certificate],
    scaffolding: [...(signed?.scaffolding ?? []), config],
  };
}

function makeLeaf(leaf: WantedLeaf, options: RecommendedOptions): CertificateSteps {
  const { role, name, serial, altNames } = leaf;
  const signer = role === 'client' ? (options.clientCa ?? options.ca) : options.ca;
  const issuer = filesOfCa(signer.ofRole).certificate;
  const { directory, certificate, key, ca, csr, config } = leafFiles(role, name);
  const template = `${role}.cnf` as const;
  const whose = whoseOf(leaf);
  const isChained = signer === options.ca && isUnderAnother(signer);
  return {
    make: [
      ...(directory === undefined ? [] : [{ kind: 'make-directory', path: directory } as const]),
      keyStep(leaf.key, key, `private key ${whose}`),
      {
        kind: 'write-file',
        path: config,
        content: render(template, options.templates[template], view(leaf)),
      },
      reqStep({
        key,
        config,
        digest: fittingDigest(leaf.key),
        out: csr,
        title: `certificate signing request ${whose}`,
      }),
      signatureStep(leaf, signer),
      ...(isChained ? [chainLeafStep(certificate)] : []),
    ],
    check: [
      verifyStep({
        in: certificate,
        ...(isChained ? byRoot() : { caFile: issuer }),
        purpose: role === 'server' ? 'sslserver' : 'sslclient',
        // A CA that others made may lack what the strict check wants, and still be the one that is in use.
        x509Strict: !('algorithm' in signer),
        title: `verification ${whose}`,
      }),
      {
        kind: 'check',
        certificate,
        key,
        issuer,
        serial,
        role,
        altNames,
        strict: true,
        ...(options.ownTemplates ? { moreNames: true } : {}),
      },
    ],
    keys: [key],
    certificates: directory === undefined ? [certificate] : [ca, certificate],
    scaffolding: [csr, config],
  };
}

/** Tells whether another CA signed it, so that its leaves carry the chain. */
function isUnderAnother(signer: WantedCa | ExistingCa): boolean {
  return 'algorithm' in signer ? signer.chain !== undefined : signer.parent !== undefined;
}

/** Of a new CA whose key is in a token, openssl's own: what kind of key it is turns out when it signs. */
function digestOf(signer: WantedCa | ExistingCa): Digest | undefined {
  if ('algorithm' in signer) return fittingDigest(signer);
  return signer.key && fittingDigest(signer.key);
}

/** Whose certificate it is, where its CSR and its configuration lie. */
function whoseOf({ role, name }: Pick<WantedLeaf, 'role' | 'name'>): string {
  return `of the ${role}${name === undefined ? '' : ` ${name}`}`;
}

/** Signs the CSR of a leaf, which lies where its certificate goes, with the extensions of its role. */
export function signatureStep(
  { role, name, days, serial }: Pick<WantedLeaf, 'role' | 'name' | 'days' | 'serial'>,
  signer: WantedCa | ExistingCa,
): OpensslStep {
  const { certificate, csr, config } = leafFiles(role, name);
  return x509ReqStep({
    in: csr,
    ca: filesOfCa(signer.ofRole).certificate,
    caKey: signer.keyRef,
    passin: signer.passphrase,
    days,
    setSerial: serial,
    digest: digestOf(signer),
    extfile: config,
    extensions: `v3_${role}`,
    out: certificate,
    title: `certificate ${whoseOf({ role, name })}`,
  });
}

/** RSA as the tutorials make it, all else with genpkey. */
export function keyStep(type: KeyType, out: string, title: string, passout?: Passphrase): Step {
  return type.algorithm === 'rsa'
    ? genrsaStep({ out, bits: type.bits, passout, title })
    : genpkeyStep({ out, algorithm: type, passout, title });
}

/** `permit` is true for a CA that may sign for some names only. */
function permitView(permit: NameConstraints | undefined): object {
  return { permit: permit !== undefined, constraints: permit ? constraintLines(permit) : [] };
}

/** The values that the templates use. */
function view(wanted: WantedCa | WantedLeaf): object {
  const names = namesView(wanted.subject, 'altNames' in wanted ? wanted.altNames : []);
  const permit = permitView('permit' in wanted ? wanted.permit : undefined);
  const pathLength = ('pathLength' in wanted ? wanted.pathLength : undefined) ?? 0;
  return { ...names, ...permit, pathLength, rsa: wanted.key?.algorithm === 'rsa' };
}

/** The names as the templates use them, each with a number of its own. */
export function namesView(subject: Subject, altNames: readonly AltName[]): object {
  return {
    subject: subject.map(({ type, value }, n) => ({ n, type, value })),
    altNames: altNames.map(({ type, value }, n) => ({ n: n + 1, type, value })),
  };
}
