import { createPrivateKey, X509Certificate } from 'node:crypto';
import { cp, mkdir, readdir, readFile, rm, stat, utimes } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { useOneProcess } from './one-process.js';
import { quick } from './program.js';
import { useSharedDirectory } from './temporary-directory.js';
import { modes, tree } from './tree.js';

/** For what comes before a command that is interrupted, and after it. */
const { program, succeeds } = useOneProcess();

/** A command that is interrupted, and the state before and after it. */
export interface Deed {
  readonly name: string;
  readonly args: readonly string[];
  /** What a person runs next: the same command, or for one that makes anew, `all`. */
  readonly next: readonly string[];
  /** The state before, a folder that is copied for each try. */
  readonly before: string;
  /** The modes of all that is there before and after, by path. */
  readonly old: Modes;
  readonly new: Modes;
}

type Modes = Readonly<Record<string, string>>;

/** What became of an interrupted deed. */
export type State = 'old' | 'new';

const bare = 'nothing';
const empty = 'empty';
const set = 'set';
const named = 'named';
const tutorial = 'tutorial';

const text = ['--recipe', 'openssl-cnf', '--ip', '10.0.0.5'] as const;
const anew = ['--force', 'ca', '--yes', '--no-passphrase', '--key', 'ec:p256'] as const;
const alice = ['client', '--name', 'alice', '--key', 'ec:p256'] as const;

/** By name: what is there before, the command, and the next one. */
const table = {
  'making a set': [bare, ['all', ...quick], ['all', ...quick]],
  'filling an empty directory': [empty, ['all', ...quick], ['all', ...quick]],
  'adding a client': [set, alice, alice],
  'making all anew': [set, ['all', ...anew], ['all']],
  'making the server anew': [set, ['all', '--force', 'server', '--key', 'ec:p256'], ['all']],
  'making a named client anew': [named, [...alice, '--force', 'client'], alice],
  "making a tutorial's set": [bare, ['all', ...text], ['all', ...text]],
  "making a tutorial's set anew": [tutorial, ['all', ...text, '--force', 'ca', '--yes'], ['all', ...text]],
} as const;

export type DeedName = keyof typeof table;
export const deedNames = Object.keys(table) as DeedName[];
export const quickDeeds = deedNames.filter((name) => !name.includes('tutorial'));

/** How each state is made. */
const states: Readonly<Record<string, (at: string) => Promise<unknown>>> = {
  [bare]: (at) => mkdir(at),
  [empty]: (at) => mkdir(join(at, 'docker-tls'), { recursive: true, mode: 0o700 }),
  [set]: async (at) => {
    await mkdir(at);
    await succeeds(at, ['all', ...quick, '--quiet']);
  },
  [named]: async (at) => {
    await mkdir(at);
    await succeeds(at, ['all', ...quick, '--quiet']);
    await succeeds(at, [...alice, '--quiet']);
  },
  [tutorial]: async (at) => {
    await mkdir(at);
    await succeeds(at, ['all', ...text, '--quiet']);
  },
};

/** Gives the deeds, with the states that they begin in; each of those is made once. */
export function useDeeds(): (name: DeedName) => Promise<Deed> {
  const shared = useSharedDirectory();
  const made = new Map<string, Promise<string>>();
  const state = (name: string): Promise<string> => {
    const path = join(shared(), name);
    const making = made.get(name) ?? states[name]!(path).then(() => path);
    made.set(name, making);
    return making;
  };
  return async (name) => {
    const [first, args, next] = table[name];
    const last = name.includes('tutorial') ? tutorial : name.includes('client') ? named : set;
    const [before, after] = await Promise.all([state(first), state(last)]);
    return { name, args, next, before, old: await modes(before), new: await modes(after) };
  };
}

/** A copy of the state before, in which a deed is tried. */
export async function stage(root: string, { before }: Deed): Promise<Set<string>> {
  await cp(before, root, { recursive: true });
  return visible(root);
}

/** All that lies there and is neither a workspace nor in the archive, to the inode. */
export async function visible(root: string): Promise<Set<string>> {
  return new Set((await tree(root)).filter((line) => !line.includes(ours) && !isArchived(line)));
}

function isArchived(line: string): boolean {
  return line.startsWith('docker-tls/archive/');
}

/** The files that each part's deed replaces. */
const replaces: Readonly<Record<string, RegExp>> = {
  ca: /^docker-tls\//,
  server: /^docker-tls\/server-(?:cert|key)\.pem /,
  client: /^docker-tls\/clients\/alice\//,
};

/** The archive holds each key and certificate that the deed replaced, to the byte, or there is none. */
async function archiveIsWhole(root: string, deed: Deed, state: State, before: Set<string>): Promise<void> {
  const lines = (await tree(root)).filter(isArchived);
  const content = (line: string): string => `${basename(line.split(' ', 1)[0]!)} ${line.split(' ').at(-1)!}`;
  const kept = lines.map(content).filter((line) => line.includes('.pem '));
  const forced = deed.args[deed.args.indexOf('--force') + 1] ?? '';
  const replaced = [...before].filter((line) => line.includes('.pem ') && replaces[forced]?.test(line));
  const expected = deed.args.includes('--force') && state === 'new' ? replaced.map(content) : [];
  if (kept.sort().join() !== expected.sort().join())
    throw new Error(`the archive has ${lines.length} entries where the state is ${state}`);
}

const ours = '.docker-tls-openssl';

/** What interrupted runs have left in a place, but for their locks. */
async function leftovers(root: string): Promise<string[]> {
  const folders = [root, join(root, 'docker-tls')];
  const names = await Promise.all(folders.map((folder) => readdir(folder).catch(() => [])));
  return names.flat().filter((name) => name.startsWith(ours) && !name.startsWith(`${ours}.lock`));
}

/** The lock of a run that is gone ends by its age, which a test does not wait for. */
export async function age(root: string): Promise<void> {
  const before = new Date(Date.now() - 60_000);
  await utimes(join(root, 'docker-tls', `${ours}.lock`), before, before).catch(() => undefined);
}

interface Said {
  readonly made: readonly unknown[];
  readonly notes: readonly { readonly code: string }[];
}

/**
 * Lets the next run put in order what an interrupted one has left in `root`, and looks at what is there then and at what
 * that run says. Gives the state that the interrupted run came to; throws where it is neither of the two.
 */
export async function putInOrder(root: string, deed: Deed, before: Set<string>): Promise<State> {
  const left = await leftovers(root);
  const between = await visible(root);
  await age(root);
  const outcome = await program(root, [...deed.next, '--json']);
  if (outcome.code !== 0) throw new Error(`the next run fails: ${outcome.stdout}${outcome.stderr}`);
  const { made, notes } = JSON.parse(outcome.stdout) as Said;
  const after = await visible(root);
  await isWhole(root, deed);

  const codes = notes.map(({ code }) => code).filter((code) => ['FINISHED', 'CLEANED'].includes(code));
  if (left.length > 0 !== (codes.length === 1))
    throw new Error(`it says ${JSON.stringify(codes)} of ${JSON.stringify(left)}`);
  const state = stateOf(deed, made.length, before, after);
  await archiveIsWhole(root, deed, state, before);
  if (codes.includes('FINISHED')) {
    const strange = [...between].filter((line) => !before.has(line) && !after.has(line));
    if (strange.length > 0 || state !== 'new')
      throw new Error(`it was not finished, but made again: ${strange.join(', ')}`);
  } else {
    const expected = state === 'old' ? before : after;
    if (!isSame(between, expected))
      throw new Error(`it left a part, neither finished nor taken back: ${differences(between, expected)}`);
  }
  return state;
}

/** Whether all was done before the next run, or nothing. */
function stateOf(deed: Deed, made: number, before: Set<string>, after: Set<string>): State {
  const files = (modes: Modes): string[] => Object.keys(modes).filter((path) => !path.endsWith('/'));
  const lines = (from: Set<string>): Map<string, string> =>
    new Map([...from].map((line) => [line.slice(0, line.indexOf(' ')), line]));
  const [was, is] = [lines(before), lines(after)];
  const added = files(deed.new).filter((path) => !was.has(path));
  if (added.length > 0) {
    const touched = files(deed.old).filter((path) => was.get(path) !== is.get(path));
    if (touched.length > 0) throw new Error(`it touched ${touched.join(', ')}`);
    if (made === 0) return 'new';
    if (made === added.length) return 'old';
    throw new Error(`the next run had to make ${made} of ${added.length} files`);
  }
  if (made > 0) throw new Error(`the next run had to make ${made} files`);
  const changed = files(deed.new).filter((path) => was.get(path) !== is.get(path));
  if (changed.length === 0) return 'old';
  const replaced = files(deed.new).filter((path) => isReplaced(deed, path));
  if (changed.join() === replaced.join()) return 'new';
  throw new Error(`it replaced ${changed.join(', ')} of ${replaced.join(', ')}`);
}

/** What a command that makes anew replaces. */
function isReplaced({ args }: Deed, path: string): boolean {
  if (args.includes('ca')) return true;
  return args.includes('alice') ? path.startsWith('docker-tls/clients/alice/') : path.includes('server-');
}

/** Nothing but the files of the set, in their modes; and each key, certificate and CA belong together. */
export async function isWhole(root: string, deed: Deed): Promise<void> {
  const all = Object.entries(await modes(root));
  const found = Object.fromEntries(all.filter(([path]) => !isArchived(path)));
  // The place itself is the test's own.
  const lines = (from: Modes): Set<string> =>
    new Set(Object.entries({ ...from, '/': '' }).map(([path, mode]) => `${path} ${mode}`));
  const amiss = differences(lines(deed.new), lines(found));
  if (amiss !== '') throw new Error(`there is not what there should be: ${amiss}`);
  const files = Object.keys(found).filter((path) => !path.endsWith('/'));
  for (const path of files)
    if ((await stat(join(root, path))).size === 0) throw new Error(`${path} is empty`);
  for (const path of files.filter((path) => path.endsWith('cert.pem') || path.endsWith('/ca.pem')))
    await belongsTogether(root, path, files);
}

async function belongsTogether(root: string, path: string, files: readonly string[]): Promise<void> {
  const read = (name: string): Promise<string> => readFile(join(root, name), 'latin1');
  const certificate = new X509Certificate(await read(path));
  const ca = new X509Certificate(await read(join(dirname(path), 'ca.pem')));
  if (!certificate.verify(ca.publicKey) || !certificate.checkIssued(ca))
    throw new Error(`${path} is not of the CA beside it`);
  const key = path.endsWith('/ca.pem')
    ? path.replace('ca.pem', 'ca-key.pem')
    : path.replace(/cert\.pem$/, 'key.pem');
  if (!files.includes(key)) {
    if (path.endsWith('/ca.pem')) return; // beside a named leaf
    throw new Error(`${key} is not there`);
  }
  if (!certificate.checkPrivateKey(createPrivateKey(await read(key))))
    throw new Error(`${key} is not the key of ${path}`);
}

export function isSame(one: Set<string>, other: Set<string>): boolean {
  return differences(one, other) === '';
}

/** What lies in one of the two only: `- path mode` in the first, `+ path mode` in the second. */
export function differences(one: Set<string>, other: Set<string>): string {
  const only = (here: Set<string>, there: Set<string>, sign: string): string[] =>
    [...here]
      .filter((line) => !there.has(line))
      .map((line) => `${sign} ${/^\S+ \S+/.exec(line)?.[0] ?? line}`);
  return [...only(one, other, '-'), ...only(other, one, '+')].join('; ');
}

/** Removes what a try has left. */
export async function strike(root: string): Promise<void> {
  await rm(root, { recursive: true, force: true, maxRetries: 5 });
}
