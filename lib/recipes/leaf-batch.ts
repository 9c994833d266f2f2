import type { Plan, Step } from '../plan/step.js';
import { authoritiesOf, filesOfCa } from '../set/authorities.js';
import { leafFiles } from '../set/layout.js';
import { reqNewkeyStep } from '../steps/req-newkey.js';
import { fittingDigest, reqStep } from '../steps/req.js';
import type { LeafRole } from '../x509/role.js';
import type { Subject } from '../x509/subject.js';
import { byRoot, chainLeafStep, writeChainSteps, type ChainNames } from './chain.js';
import {
  keyStep,
  namesView,
  recommended,
  type ExistingCa,
  type RecommendedOptions,
  type WantedLeaf,
} from './recommended.js';
import { signTogether } from './sign-together.js';
import { render } from './templates.js';
import { verificationSteps } from './verification-steps.js';

/** So many are signed by one openssl: while it works, the keys of the next are made. */
const MOST_TOGETHER = 125;

const chainNames: ChainNames = { chain: 'signing/chain.pem', root: 'signing/root.pem' };

/**
 * The plan of `recommended` for many leaves with keys of their own, with the same result: one openssl makes a key and its CSR, one
 * signs many, and one verifies many. Leaves for which that would not be the same are made one by one: with templates of the user's
 * own, by a CA that is made by the plan or whose key is in a token, and with an e-mail address in the subject. Serial numbers follow
 * a random one, for each openssl that signs.
 */
export function leafBatch(options: RecommendedOptions): Plan {
  const [batched, alone]: [WantedLeaf[], WantedLeaf[]] = [[], []];
  for (const leaf of options.leaves) (isBatched(leaf, options) ? batched : alone).push(leaf);
  const plan = recommended({ ...options, leaves: alone });
  if (batched.length === 0) return plan;
  return { ...plan, steps: [...plan.steps, ...batchSteps(batched, options)] };
}

/** The CA that signs a leaf. */
function signerOf({ role }: Pick<WantedLeaf, 'role'>, { ca, clientCa }: RecommendedOptions) {
  return role === 'client' ? (clientCa ?? ca) : ca;
}

function isBatched(leaf: WantedLeaf, options: RecommendedOptions): boolean {
  const signer = signerOf(leaf, options);
  if (options.ownTemplates || !('algorithm' in signer)) return false;
  return signer.keyRef.kind === 'file' && fitsCa(leaf.subject);
}

/** As `openssl ca` looks at it: it moves an e-mail address, and takes only some characters of a string in ASCII (apps/ca.c). */
function fitsCa(subject: Subject): boolean {
  return subject.every(({ type, value }) =>
    type === 'DC' ? /^[A-Za-z0-9 '()+,./:=?-]*$/.test(value) : type !== 'emailAddress',
  );
}

/** Leaves that one openssl can sign. */
interface Batch {
  readonly leaves: readonly WantedLeaf[];
  readonly role: LeafRole;
  readonly signer: ExistingCa;
  /** The CA that those trust who hold these certificates. */
  readonly trusted: string;
  readonly isChained: boolean;
  readonly folder: string;
}

function batchSteps(leaves: readonly WantedLeaf[], options: RecommendedOptions): Step[] {
  const batches = batchesOf(leaves, options);
  const chain = batches.find(({ isChained }) => isChained)?.signer.chain;
  return [
    { kind: 'make-directory', path: 'signing' },
    ...(chain ? writeChainSteps(chain, chainNames) : []),
    ...batches.flatMap((batch) => stepsOf(batch, options)),
    ...(chain ? [{ kind: 'remove', paths: [chainNames.chain, chainNames.root] } as const] : []),
  ];
}

/** With the same extensions and the same lifetime, and not too many. */
function batchesOf(leaves: readonly WantedLeaf[], options: RecommendedOptions): Batch[] {
  const alike = new Map<string, WantedLeaf[]>();
  for (const leaf of leaves) {
    const usage = leaf.role === 'server' && leaf.key.algorithm === 'rsa' ? 'rsa' : '';
    const like = [leaf.role, usage, leaf.days].join();
    const others = alike.get(like);
    if (others) others.push(leaf);
    else alike.set(like, [leaf]);
  }
  return [...alike.values()].flatMap(inGroups).flatMap((group, at): Batch[] => {
    const [first] = group;
    const signer = first && signerOf(first, options);
    if (!signer || !('algorithm' in signer)) return [];
    const { trusted } = authoritiesOf(first.role, options.ca.ofRole !== undefined);
    const isChained = signer === options.ca && signer.chain !== undefined;
    const folder = `signing/${at + 1}`;
    return [{ leaves: group, role: first.role, signer, trusted: trusted.certificate, isChained, folder }];
  });
}

function inGroups(leaves: readonly WantedLeaf[]): WantedLeaf[][] {
  const count = Math.ceil(leaves.length / MOST_TOGETHER);
  const size = Math.ceil(leaves.length / count);
  return Array.from({ length: count }, (_, at) => leaves.slice(at * size, (at + 1) * size));
}

function stepsOf(batch: Batch, { templates }: RecommendedOptions): Step[] {
  const { leaves, role, signer, trusted, isChained, folder } = batch;
  const [first] = leaves;
  if (!first) return [];
  const template = `${role}.cnf` as const;
  const rendered = (leaf: Pick<WantedLeaf, 'subject' | 'altNames' | 'key'>): string =>
    render(template, templates[template], {
      ...namesView(leaf.subject, leaf.altNames),
      rsa: leaf.key.algorithm === 'rsa',
      together: true,
    });
  const made = leaves.map((leaf) => ({ leaf, ...leafFiles(role, leaf.name) }));
  const extfile = `${folder}/${role}.cnf`;
  const own = made.filter(({ leaf }) => !isNamedByFlag(leaf));
  const { files, sign, signed } = signTogether({
    csrs: made.map(({ csr }) => csr),
    signer,
    days: first.days,
    serial: first.serial,
    extfile,
    extensions: `v3_${role}`,
    takesNames: role === 'server',
    folder,
    title: `certificates of ${leaves.length} ${role}s`,
  });
  const issuer = filesOfCa(signer.ofRole).certificate;
  return [
    {
      kind: 'put-files',
      files: [
        ...files,
        { path: extfile, content: rendered({ subject: [], altNames: [], key: first.key }) },
        ...own.map(({ leaf, config }) => ({ path: config, content: rendered(leaf) })),
        // The directories of the others are made with it.
        ...made.flatMap(({ ca, directory }) =>
          directory === undefined ? [] : [{ path: ca, copyOf: trusted }],
        ),
      ],
    },
    ...made.flatMap(({ leaf, key, csr, config }) =>
      requestSteps(leaf, {
        key,
        csr,
        ...(isNamedByFlag(leaf) ? { subj: leaf.subject, config: extfile } : { config }),
      }),
    ),
    sign,
    {
      kind: 'put-files',
      files: made.map(({ certificate }, at) => ({ path: certificate, moved: signed[at] ?? '' })),
    },
    {
      kind: 'remove',
      paths: [
        ...files.map(({ path }) => path),
        extfile,
        ...made.map(({ csr }) => csr),
        ...own.map(({ config }) => config),
      ],
    },
    ...verificationSteps(
      role,
      made.map(({ certificate }) => certificate),
      isChained ? byRoot(chainNames) : { caFile: issuer },
    ),
    {
      kind: 'check-signed',
      certificates: made.map(({ leaf: { altNames }, certificate, key }) => ({ certificate, key, altNames })),
      issuer,
      role,
    },
    ...(isChained ? made.map(({ certificate }) => chainLeafStep(certificate, chainNames)) : []),
    { kind: 'set-mode', mode: 0o400, paths: made.map(({ key }) => key) },
    {
      kind: 'set-mode',
      mode: 0o444,
      paths: made.flatMap(({ certificate, ca, directory }) =>
        directory === undefined ? [certificate] : [ca, certificate],
      ),
    },
  ];
}

/**
 * Whether a flag can name a leaf in its CSR, so that all of a batch share one configuration. What needs an escape in one of the two
 * places has a configuration of its own, as has a server, for its names.
 */
function isNamedByFlag({ role, subject }: WantedLeaf): boolean {
  return role === 'client' && subject.every(({ value }) => /^[A-Za-z0-9][A-Za-z0-9 ._@:-]*$/.test(value));
}

/** Where a request lies, and what says whose it is. */
interface RequestFiles extends Pick<ReturnType<typeof leafFiles>, 'key' | 'csr' | 'config'> {
  readonly subj?: Subject;
}

/** The key of a leaf and its CSR: by one openssl, where that writes the key in the same form as one that makes nothing else. */
function requestSteps(
  { role, name, key: type }: WantedLeaf,
  { key, csr, config, subj }: RequestFiles,
): Step[] {
  const whose = `of the ${role}${name === undefined ? '' : ` ${name}`}`;
  const digest = fittingDigest(type);
  if (type.algorithm === 'rsa')
    return [
      keyStep(type, key, `private key ${whose}`),
      reqStep({ key, subj, config, digest, out: csr, title: `certificate signing request ${whose}` }),
    ];
  const title = `private key and certificate signing request ${whose}`;
  return [reqNewkeyStep({ algorithm: type, keyout: key, subj, config, digest, out: csr, title })];
}
