import { InputError } from '../errors.js';
import { refuseUnknown, type OptionNames } from '../known-options.js';
import { refuseInTheWay } from '../execute/in-the-way.js';
import type { Note } from '../plan/step.js';
import { tutorialOf } from '../recipes/catalogue.js';
import { recommended, recommendedTemplates } from '../recipes/recommended.js';
import { loadTemplates } from '../recipes/templates.js';
import { recording } from '../set/issued/recording.js';
import { absentPair, namedLeaves, readPair, type Pair, type Unusable } from '../set/pairs.js';
import { clientCaFiles, leafFiles, setFiles, type PairFiles } from '../set/layout.js';
import { type LeafRole, type Part } from '../x509/role.js';
import { refuseUnsafeDirectory } from '../store/safety.js';
import { altNamesOf, commonNameOf, notAfter } from '../x509/certificate.js';
import { DAY_MS, parseNow } from '../x509/validity.js';
import { checkKeptCa, makesCa, refuseClock, strayLeaves, voided } from './authority.js';
import { advice } from './advice.js';
import type { BareIssuePlan, IssuePlan, Planning, PreviewOptions } from './issue-plan.js';
import { askingKeyring, previewKeyring } from './keyring.js';
import { keepReplaced } from './keep-replaced.js';
import { checkKept } from './kept-leaf.js';
import { parentNote } from './parent.js';
import { readParentOf, refuseOtherParent, rootNote, signedByParent } from './parent-request.js';
import { nameNotes } from './name-notes.js';
import { constraintsOf, refuseOtherPermit } from './outside-names.js';
import { planTutorial } from './plan-tutorial.js';
import type { IssueRequest } from './options.js';
import { listed, lostOptions, readOptions, refuseUnheeded } from './read-options.js';
import { rememberCaKey } from './remember-ca-key.js';
import { rememberPort } from './remember-port.js';
import { parseRequest, portGiven } from './request.js';
import {
  existingCas,
  keptCaFiles,
  newCas,
  readCas,
  replacedCaFiles,
  signerOfRole,
  wantsSeparate,
} from './separate-cas.js';
import { filesOf, refuseDifferences, refuseServersPair, stays, type PlannedLeaf } from './planned-leaf.js';
import { refusedNotes } from './tutorial-request.js';
import { refuseCaSubject, wantLeaf } from './wanted-leaf.js';
import { note } from '../plan/note.js';
import { call, option, words } from '../words.js';

/**
 * Reads the directory and plans what is missing, with the passphrases that `execute` needs. Runs nothing and writes nothing.
 * Errors: as `all`, as far as they can be known beforehand.
 */
export async function planIssue<Made extends Part>(
  parts: readonly Made[],
  request: IssueRequest<NoInfer<Made>>,
): Promise<IssuePlan>;
export async function planIssue(parts: readonly Part[], request: IssueRequest): Promise<IssuePlan> {
  return planned(parts, request, { keyring: askingKeyring, fresh: false });
}

/**
 * As `planIssue`, for a plan that is only shown: asks for no passphrase, and tries none.
 * Errors: as `all`, as far as they can be known beforehand.
 */
export async function previewIssue<Made extends Part>(
  parts: readonly Made[],
  request: IssueRequest<NoInfer<Made>>,
  options?: PreviewOptions,
): Promise<IssuePlan>;
export async function previewIssue(
  parts: readonly Part[],
  request: IssueRequest,
  options: PreviewOptions = {},
): Promise<IssuePlan> {
  refuseUnknown(options, { fresh: true } satisfies OptionNames<PreviewOptions>);
  return planned(parts, request, { keyring: previewKeyring, fresh: options.fresh ?? false });
}

async function planned(
  parts: readonly Part[],
  request: IssueRequest,
  planning: Planning,
): Promise<IssuePlan> {
  refuseUnheeded(parts, request);
  const { recipe = 'recommended', force, now = new Date() } = request;
  const port = portGiven(readOptions(request));
  const bare = await (recipe === 'recommended'
    ? planRecommended(parts, request, planning)
    : planTutorial(tutorialOf(recipe), parts, request, planning));
  const whole = await rememberPort(bare, port, planning.fresh);
  if (planning.fresh) return { ...whole, archive: undefined };
  const { plan, directory } = whole;
  const kept = await keepReplaced(plan, { parts, force, directory, now: parseNow(now) });
  const recorded = await recording(kept.plan, directory);
  await refuseInTheWay(recorded, directory);
  return { ...whole, ...kept, plan: recorded };
}

async function planRecommended(
  parts: readonly Part[],
  request: IssueRequest,
  { keyring, fresh }: Planning,
): Promise<BareIssuePlan> {
  if (request.addSan)
    throw new InputError('addSan', 'only the recipes of tutorials can be given these names', {
      hint: 'leave it out: the recipe recommended names the server anyway',
    });
  const values = parseRequest(parts, request, keyring);
  const { directory, force, name, now } = values;
  if (!fresh) await refuseUnsafeDirectory(directory);
  const read = (files: PairFiles, unusable: Unusable): Promise<Pair> | Pair =>
    fresh ? absentPair(directory, files) : readPair(directory, files, unusable);
  const readLeaf = (role: LeafRole): Promise<Pair> | Pair =>
    read(leafFiles(role, parts.includes(role) ? name : undefined), {
      code: 'ERR_LEAF_UNUSABLE',
      remedy: parts.includes(role)
        ? words`recreate it with ${option('force', [role])}`
        : words`recreate it with \`${call('all', { force: [role] }, directory)}\``,
      replaced: force.includes(role) || force.includes('ca'),
    });
  const areSeparate = await wantsSeparate(values, fresh);
  const roles = (['server', 'client'] as const).filter((role) => parts.includes(role));
  const [cas, server, client] = await Promise.all([
    readCas(values, roles, { areSeparate, fresh }),
    readLeaf('server'),
    readLeaf('client'),
  ]);
  const ca = cas.server;
  const leaves: PlannedLeaf[] = [
    { role: 'server', pair: server } as const,
    { role: 'client', pair: client } as const,
  ].filter(({ role }) => parts.includes(role));

  // A new key has the type of the usual pair of its role, else of the other pair, else of the CA.
  const usual = { server, client };
  if (name !== undefined && !fresh)
    for (const { role } of leaves) usual[role] = await readLike(directory, role);
  const likeFor = (role: LeafRole) =>
    [usual[role], usual[role === 'server' ? 'client' : 'server'], cas[role]].map(
      ({ certificate }) => certificate,
    );

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
  const parent = makeCa ? await readParentOf(values, areSeparate) : undefined;
  const constraintsFor = (role: LeafRole) =>
    constraintsOf(makeCa ? undefined : cas[role], values, parent?.constraints);
  const constraints = constraintsFor('server');
  const authorities = makeCa ? [] : [...new Set(Object.values(cas))];
  for (const one of authorities) if (one.certificate) await checkKeptCa(one, one.certificate, values);
  if (ca.certificate) {
    const soon = kept.map(({ role, pair }) => {
      const remedy = words`recreate it with ${option('force', [role])}`;
      return checkKept(role, pair, cas[role].certificates, values, remedy);
    });
    notes.push(...(await Promise.all(soon)).flat());
  }
  const keptServer = kept.find(({ role }) => role === 'server')?.pair.certificate;
  if (keptServer && altNamesOf(keptServer).names.length === 0) {
    const host = commonNameOf(keptServer) ?? 'HOST';
    notes.push(...refusedNotes({ host, altNames: [] }, option('force', ['server'])));
  }
  for (const one of authorities) {
    if (!one.certificate) continue;
    refuseOtherPermit(one, one.certificate, values);
    await refuseOtherParent(one.certificatePath, one.certificate, values);
  }
  refuseDifferences(kept, values, constraints);
  const done = {
    directory,
    parent: parent?.directory,
    files: setFiles(name),
    clientCa: areSeparate ? clientCaFiles : undefined,
    server: leafFiles('server', parts.includes('server') ? name : undefined),
    kept: keptParts.flatMap((part) => (part === 'ca' ? keptCaFiles(cas) : filesOf(part, name))),
    names: server.certificate ? altNamesOf(server.certificate).names : [],
  };
  if (!makeCa && toMake.length === 0) {
    const plan = { recipe: 'recommended', steps: [], replaces: [], notes, departures: [] };
    const advise = advice(parts, done.names, values, areSeparate);
    return rememberCaKey({ ...done, plan, notes, advise }, ca, fresh);
  }

  if (makeCa && ca.isInToken && toMake.length === 0 && values.key)
    throw new InputError('key', 'no key is made: the one in the token is used', { hint: 'leave it out' });
  refuseClock(now);
  const signed = parent && (await signedByParent(parent, values, notes));
  const opened = makeCa
    ? await newCas(cas, values, notes, signed)
    : await existingCas(
        cas,
        roles.filter((role) => toMake.some((leaf) => leaf.role === role)),
        values,
      );
  if (makeCa) notes.push(...rootNote(ca, values));
  if (parent && 'serial' in opened.ca) notes.push(await parentNote(parent, opened.ca.serial, fresh));
  const wanted = toMake.map(({ role, pair }) => {
    const old = makeCa ? undefined : cas[role].certificate;
    const signer = signerOfRole(role, opened);
    const caDays = 'days' in signer ? signer.days : values.caDays;
    const endsOn = old ? notAfter(old) : new Date(now.getTime() + caDays * DAY_MS);
    const issuer = { ca: signer, endsOn, constraints: constraintsFor(role) };
    const leaf = wantLeaf(role, pair, values, notes, issuer, likeFor(role));
    if (old) refuseCaSubject(old, leaf);
    return leaf;
  });
  for (const { altNames } of wanted) notes.push(...nameNotes(altNames));
  if (
    wanted.some(({ key }) => key.algorithm === 'ed25519') ||
    ('key' in opened.ca && opened.ca.key?.algorithm === 'ed25519')
  )
    notes.push(ed25519Note);
  if (makeCa && !fresh) notes.push(...voided([...named, ...(await strayLeaves(directory, setFiles()))]));
  const { templates, changed } = await loadTemplates('recommended', recommendedTemplates, values.templates);
  const plan = recommended({
    ...opened,
    leaves: wanted,
    templates,
    ownTemplates: changed,
    replaces: [
      ...(makeCa ? [...new Set(Object.values(cas))].flatMap(replacedCaFiles) : []),
      ...toMake.flatMap(({ role, pair }) => (pair.state === 'absent' ? [] : filesOf(role, name))),
    ],
    notes,
  });
  const made = wanted.find(({ role }) => role === 'server');
  const names = made?.altNames ?? done.names;
  const advise = advice(parts, names, values, areSeparate);
  return rememberCaKey({ ...done, plan, names, notes, advise }, ca, fresh);
}

const ed25519Note: Note = {
  code: 'ED25519_CLIENTS',
  text: 'Ed25519 keys: docker, curl, Node and Python accept them; browsers, Java before 15 and NSS do not',
};

/** The usual pair of a role, only for its type of key: an unreadable pair counts as absent. */
async function readLike(directory: string, role: LeafRole): Promise<Pair> {
  const files = leafFiles(role);
  const unusable = { code: 'ERR_LEAF_UNUSABLE', remedy: '', replaced: true } as const;
  return readPair(directory, files, unusable).catch(() => absentPair(directory, files));
}

/** A note on the requested options that only a new certificate could follow, while the existing one stays. */
function notApplied(parts: readonly Part[], kept: readonly Part[], request: IssueRequest): Note[] {
  const lost = lostOptions(parts, kept, request);
  if (lost.length === 0) return [];
  const text = words`${listed(lost)}: not applied to existing certificates, only to recreated ones (${option('force')})`;
  return [note('NOT_APPLIED', text)];
}
