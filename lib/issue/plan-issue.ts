import type { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { DifferenceError, DirectoryError, InputError } from '../errors.js';
import { refuseUnknown, type OptionNames } from '../known-options.js';
import { refuseInTheWay } from '../execute/execute.js';
import type { Note } from '../plan/step.js';
import { tutorialOf } from '../recipes/catalogue.js';
import { recommended, recommendedTemplates } from '../recipes/recommended.js';
import { loadTemplates } from '../recipes/templates.js';
import { absentPair, namedLeaves, readPair, type Pair, type Unusable } from '../set/pairs.js';
import { caFiles, leafFiles, setFiles, type PairFiles } from '../set/layout.js';
import { type LeafRole, type Part, roleUsage } from '../x509/role.js';
import { refuseUnsafeDirectory } from '../store/safety.js';
import type { AltName } from '../x509/alt-names.js';
import { altNamesOf, commonNameOf, extendedKeyUsageOf, notAfter } from '../x509/certificate.js';
import { keyTypeName } from '../x509/key-type.js';
import { DAY_MS, parseNow } from '../x509/validity.js';
import {
  checkKeptCa,
  existingCa,
  makesCa,
  newCa,
  refuseClock,
  strayLeaves,
  unusableCa,
  voided,
} from './authority.js';
import { advice } from './advice.js';
import { differences } from './differences.js';
import type { BareIssuePlan, IssuePlan, PlanOptions } from './issue-plan.js';
import { keepReplaced } from './keep-replaced.js';
import { checkKept } from './kept-leaf.js';
import { planTutorial } from './plan-tutorial.js';
import type { IssueRequest } from './options.js';
import { lostFlags, readOptions, refuseUnheeded } from './read-options.js';
import { rememberPort } from './remember-port.js';
import { parseRequest, portGiven, wantedNames, type Values } from './request.js';
import { refusedNotes } from './tutorial-request.js';
import { refuseCaSubject, wantLeaf } from './wanted-leaf.js';

/**
 * Looks at the directory and plans what is missing in it. Runs nothing, writes nothing.
 * Errors: as `all`, as far as they can be known beforehand.
 */
export async function planIssue<Made extends Part>(
  parts: readonly Made[],
  request: IssueRequest<NoInfer<Made>>,
  options?: PlanOptions,
): Promise<IssuePlan>;
export async function planIssue(
  parts: readonly Part[],
  request: IssueRequest,
  options: PlanOptions = {},
): Promise<IssuePlan> {
  refuseUnheeded(parts, request);
  refuseUnknown(options, { show: true, fresh: true } satisfies OptionNames<PlanOptions>);
  const { recipe = 'recommended', force, now = new Date() } = request;
  const port = portGiven(readOptions(request));
  const bare = await (recipe === 'recommended'
    ? planRecommended(parts, request, options)
    : planTutorial(tutorialOf(recipe), parts, request, options));
  const planned = await rememberPort(bare, port, options.fresh ?? false);
  if (options.fresh) return { ...planned, archive: undefined };
  const { plan, directory } = planned;
  const kept = force?.includes('ca')
    ? await keepReplaced(plan, parts, directory, parseNow(now))
    : { plan, archive: undefined };
  await refuseInTheWay(kept.plan, directory);
  return { ...planned, ...kept };
}

async function planRecommended(
  parts: readonly Part[],
  request: IssueRequest,
  { show = false, fresh = false }: PlanOptions,
): Promise<BareIssuePlan> {
  if (request.addSan)
    throw new InputError('addSan', '--add-san is for the recipes of the tutorials', {
      hint: 'leave it out: the recipe recommended names the server',
    });
  const values = parseRequest(parts, request);
  const { directory, force, name, now } = values;
  if (!fresh) await refuseUnsafeDirectory(directory);
  const read = (files: PairFiles, unusable: Unusable): Promise<Pair> | Pair =>
    fresh ? absentPair(directory, files) : readPair(directory, files, unusable);
  const readLeaf = (role: LeafRole): Promise<Pair> | Pair =>
    read(leafFiles(role, parts.includes(role) ? name : undefined), {
      code: 'ERR_LEAF_UNUSABLE',
      remedy: parts.includes(role)
        ? `make it anew with --force ${role}`
        : `make it anew with \`docker-tls-openssl all --force ${role}\``,
      replaced: force.includes(role) || force.includes('ca'),
    });
  const [ca, server, client] = await Promise.all([
    read(caFiles, { ...unusableCa, replaced: force.includes('ca') }),
    readLeaf('server'),
    readLeaf('client'),
  ]);
  const leaves: PlannedLeaf[] = [
    { role: 'server', pair: server } as const,
    { role: 'client', pair: client } as const,
  ].filter(({ role }) => parts.includes(role));

  // Whose kind of key a new one takes over: the usual pair of its role, the other one, the CA.
  const usual = { server, client };
  if (name !== undefined && !fresh)
    for (const { role } of leaves) usual[role] = await readLike(directory, role);
  const likeFor = (role: LeafRole) =>
    [usual[role], usual[role === 'server' ? 'client' : 'server'], ca].map(({ certificate }) => certificate);

  const named = fresh ? [] : await namedLeaves(directory);
  const makeCa = makesCa(parts, ca, [server, client], named, values);
  if (name === undefined && parts.includes('client')) refuseServersPair(client);
  const kept = leaves.filter((leaf) => !makeCa && stays(leaf, force));
  const toMake = leaves.filter((leaf) => !kept.includes(leaf));
  const keptParts = [
    ...(parts.includes('ca') && !makeCa ? ['ca' as const] : []),
    ...kept.map(({ role }) => role),
  ];
  const notes = notApplied(parts, keptParts, request);
  const authority = ca.certificate;
  if (authority && !makeCa) await checkKeptCa(ca, authority, values);
  if (authority) {
    const soon = kept.map(({ role, pair }) =>
      checkKept(role, pair, ca.certificates, values, `make it anew with --force ${role}`),
    );
    notes.push(...(await Promise.all(soon)).flat());
  }
  const keptServer = kept.find(({ role }) => role === 'server')?.pair.certificate;
  if (keptServer && altNamesOf(keptServer).names.length === 0) {
    const host = commonNameOf(keptServer) ?? 'HOST';
    notes.push(...refusedNotes({ host, altNames: [] }, '--force server'));
  }
  refuseDifferences(kept, values);
  const done = {
    directory,
    files: setFiles(name),
    server: leafFiles('server', parts.includes('server') ? name : undefined),
    kept: keptParts
      .flatMap((part) => filesOf(part, name))
      .filter((path) => path !== caFiles.key || ca.state === 'complete'),
    names: server.certificate ? altNamesOf(server.certificate).names : [],
  };
  if (!makeCa && toMake.length === 0) {
    const plan = { recipe: 'recommended', steps: [], replaces: [], notes, departures: [] };
    return { ...done, plan, notes, advise: advice(parts, done.names, values) };
  }

  refuseClock(now);
  const old = makeCa ? undefined : ca.certificate;
  const signer = old ? await existingCa(ca, old, values, show) : await newCa(ca, values, show, notes);
  const caEnd = old ? notAfter(old) : new Date(now.getTime() + values.caDays * DAY_MS);
  const wanted = toMake.map(({ role, pair }) =>
    wantLeaf(role, pair, caEnd, values, notes, signer, likeFor(role)),
  );
  if (old) for (const leaf of wanted) refuseCaSubject(old, leaf);
  if (
    wanted.some(({ key }) => key.algorithm === 'ed25519') ||
    ('key' in signer && signer.key.algorithm === 'ed25519')
  )
    notes.push(ed25519Note);
  if (makeCa && !fresh) notes.push(...voided([...named, ...(await strayLeaves(directory, setFiles()))]));
  const { templates, changed } = await loadTemplates('recommended', recommendedTemplates, values.templates);
  const plan = recommended({
    ca: signer,
    leaves: wanted,
    templates,
    ownTemplates: changed,
    replaces: [
      ...(makeCa && ca.state !== 'absent' ? filesOf('ca', undefined) : []),
      ...toMake.flatMap(({ role, pair }) => (pair.state === 'absent' ? [] : filesOf(role, name))),
    ],
    notes,
  });
  const made = wanted.find(({ role }) => role === 'server');
  const names = made?.altNames ?? done.names;
  return { ...done, plan, names, notes, advise: advice(parts, names, values) };
}

interface PlannedLeaf {
  readonly role: LeafRole;
  readonly pair: Pair;
}

const ed25519Note: Note = {
  code: 'ED25519_CLIENTS',
  text: 'Ed25519 keys: docker, curl, Node and Python take them; browsers, Java before 15 and NSS do not',
};

/** Where the recipe openssl-cnf made a server, its pair has the names of a client's here. */
function refuseServersPair({ certificate, certificatePath }: Pair): void {
  if (!certificate || !extendedKeyUsageOf(certificate)?.includes(roleUsage.server)) return;
  throw new DirectoryError('ERR_EXISTS', certificatePath, `${certificatePath} is a server's certificate`, {
    hint: 'it was left as it is; give the client a directory of its own with --name',
  });
}

/** The usual pair of a role, for its kind of key alone: one that cannot be read is as if it were not there. */
async function readLike(directory: string, role: LeafRole): Promise<Pair> {
  const files = leafFiles(role);
  const unusable = { code: 'ERR_LEAF_UNUSABLE', remedy: '', replaced: true } as const;
  return readPair(directory, files, unusable).catch(() => absentPair(directory, files));
}

/** Whether a leaf stays as it is. Throws for half a pair. */
function stays({ role, pair }: PlannedLeaf, force: readonly Part[]): boolean {
  if (pair.state === 'absent' || force.includes(role)) return false;
  if (pair.state === 'complete') return true;
  const [there, missing] =
    pair.state === 'key-only' ? [pair.keyPath, 'certificate'] : [pair.certificatePath, 'private key'];
  throw new DirectoryError('ERR_INCOMPLETE', there, `${there} is there, but its ${missing} is not`, {
    hint: `bring the ${missing} back, or make both anew with --force ${role}`,
  });
}

/** The names that were asked for outright; undefined where nothing was said. */
function askedNames(certificate: X509Certificate, values: Values): readonly AltName[] | undefined {
  const isAsked = values.names !== undefined || values.localhost !== undefined;
  return isAsked ? wantedNames(values, altNamesOf(certificate).names) : undefined;
}

/** What was asked for outright, and is not what is there. */
function refuseDifferences(kept: readonly PlannedLeaf[], values: Values): void {
  const found = kept.flatMap(({ role, pair }) =>
    pair.certificate
      ? differences(role, pair.certificate, {
          names: askedNames(pair.certificate, values),
          key: values.key && keyTypeName(values.key),
          clientName: values.clientName,
        }).map((text) => ({ role, text, file: leafFiles(role, values.name).certificate }))
      : [],
  );
  const [first] = found;
  if (!first) return;
  const texts = found.map(({ file, text }) => `${file} ${text}`);
  const parts = [...new Set(found.map(({ role }) => role))];
  throw new DifferenceError(
    join(values.directory, first.file),
    `nothing was changed: ${texts.join('; ')}`,
    parts,
  );
}

/** What was asked for and only a new certificate could have, although the one that is there stays. */
function notApplied(parts: readonly Part[], kept: readonly Part[], request: IssueRequest): Note[] {
  const lost = lostFlags(parts, kept, request);
  if (lost.length === 0) return [];
  return [
    {
      code: 'NOT_APPLIED',
      text: `${lost.join(', ')}: not applied to what is there already, only to what is made anew (--force)`,
    },
  ];
}

function filesOf(part: Part, name: string | undefined): string[] {
  if (part === 'ca') return [caFiles.key, caFiles.certificate];
  const { key, certificate, directory, ca } = leafFiles(part, name);
  return [key, certificate, ...(directory === undefined ? [] : [ca])];
}
