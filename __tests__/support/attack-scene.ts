import {
  chmod,
  chown,
  cp,
  lchown,
  lstat,
  mkdir,
  readdir,
  readFile,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { nobody } from './as-user.js';
import { useOneProcess } from './one-process.js';
import type { Target, Writer } from './writers.js';

const { program } = useOneProcess();

/** Where the target lies, seen from what another user can change. */
export const kinds = {
  itself: 'the directory belongs to another user',
  own: 'the directory above belongs to another user',
  group: 'others can write in the directory above, by its group',
  world: 'everybody can write in the directory above',
  far: 'a directory three levels above belongs to another user',
  link: 'a link on the way, in a directory such as /tmp, belongs to another user',
  sticky: 'it lies in a directory such as /tmp',
  direct: 'it is to be made in a directory such as /tmp',
  open: 'its file lies in a directory such as /tmp',
  moved: "another user can move a link of root's into the directory above, which is such as /tmp",
  safe: 'nobody but root can change anything',
} as const;

export type Kind = keyof typeof kinds;

/** What the attacker puts in the place of root's directories: a link to a tree of root's, or a directory of his own. */
export type Payload = 'victim' | 'bait';

/** A target, a tree of root's, and another user between them. */
export interface AttackScene {
  readonly root: string;
  readonly target: Target;
  readonly victim: string;
  /** What the attacker has to know. */
  plan(payload: Payload): string;
}

/** The way from the directory that the attacker can change down to the target. */
function wayOf(kind: Kind, writer: Writer): readonly string[] {
  switch (kind) {
    case 'itself':
    case 'open':
      return [];
    case 'own':
    case 'group':
    case 'world':
    case 'direct':
      return ['site'];
    case 'far':
      return ['one', 'two', 'site'];
    case 'link':
      return ['link', 'site'];
    case 'sticky':
    case 'moved':
    case 'safe':
      return writer.makesParents ? ['new', 'site'] : ['site'];
  }
}

const modes: Readonly<Record<Kind, readonly [mode: number, uid: number, gid: number]>> = {
  itself: [0o755, nobody, nobody],
  own: [0o755, nobody, nobody],
  group: [0o775, 0, nobody],
  world: [0o777, 0, 0],
  far: [0o755, nobody, nobody],
  link: [0o1777, 0, 0],
  sticky: [0o1777, 0, 0],
  direct: [0o1777, 0, 0],
  open: [0o1777, 0, 0],
  moved: [0o1777, 0, 0],
  safe: [0o755, 0, 0],
};

/** Lays out a scene at `root`, which is free. */
export async function layOut(
  root: string,
  kind: Kind,
  writer: Writer,
  { bases, inputs }: { readonly bases: string; readonly inputs: string },
): Promise<AttackScene> {
  const [yard, victim, stock] = ['yard', 'victim', 'stock'].map((name) => join(root, name)) as [
    string,
    string,
    string,
  ];
  for (const folder of [root, yard, stock]) await mkdir(folder);
  await chmod(root, 0o755);
  if (writer.inImage) {
    await cp(join(bases, 'image'), root, { recursive: true });
    await cp(join(bases, 'set'), join(root, 'set'), { recursive: true });
  }
  await makeVictim(victim);
  await chown(stock, nobody, nobody);

  const steps = wayOf(kind, writer);
  const path = join(yard, ...steps);
  const spare = join(stock, 'spare');
  if (kind === 'moved') await symlink('../victim', spare); // root's own, where the other user can move it
  if (kind === 'link') {
    await mkdir(join(root, 'safe'));
    await chmod(join(root, 'safe'), 0o755);
    await symlink(join(root, 'safe'), join(yard, 'link'));
    await lchown(join(yard, 'link'), nobody, nobody);
  }
  await placeBase(writer, kind, path, bases);
  const target = { path, root, inputs };
  if (writer.before) await program(root, writer.before(target));
  const [mode, uid, gid] = modes[kind];
  await chown(yard, uid, gid);
  await chmod(yard, mode);
  return {
    root,
    victim,
    target,
    plan: (payload) =>
      JSON.stringify({
        ...{ yard, steps, victim, stock, payload, makes: ['clients/bob/key.pem'] },
        ...(kind === 'moved' ? { spare } : {}),
      }),
  };
}

async function placeBase(
  { base, makesParents }: Writer,
  kind: Kind,
  path: string,
  bases: string,
): Promise<void> {
  if (kind === 'itself' || kind === 'open') {
    if (base !== 'nothing') await cp(join(bases, base), path, { recursive: true });
    return;
  }
  if (!(['sticky', 'moved', 'safe'].includes(kind) && makesParents)) {
    await mkdir(dirname(path), { recursive: true });
    if (kind === 'far')
      for (const folder of [dirname(path), dirname(dirname(path))]) await chmod(folder, 0o755);
  }
  if (base !== 'nothing') {
    await cp(join(bases, base), path, { recursive: true });
    await chmod(path, 0o755);
  }
}

/** A tree of root's: files with contents and modes of all kinds, a key, and names that a run uses itself. */
async function makeVictim(path: string): Promise<void> {
  const files: readonly (readonly [string, number])[] = [
    ['notes', 0o644],
    ['private', 0o600],
    ['secret-key.pem', 0o600],
    ['key.pem', 0o400],
    ['ca.pem', 0o444],
    ['script', 0o755],
    ['deep/more', 0o640],
    ['site/one', 0o600],
    ['two/site/two', 0o600],
    ['etc/docker/daemon.json', 0o600],
  ];
  for (const [name, mode] of files) {
    await mkdir(dirname(join(path, name)), { recursive: true, mode: 0o755 });
    const text = name.endsWith('key.pem') ? '-----BEGIN PRIVATE KEY-----\nroot only\n' : `root's ${name}\n`;
    await writeFile(join(path, name), text);
    await chmod(join(path, name), mode);
  }
  await mkdir(join(path, 'empty'));
  await chmod(path, 0o755);
  for (const [folder, mode] of [
    ['deep', 0o700],
    ['site', 0o750],
    ['two', 0o755],
    ['empty', 0o711],
  ] as const)
    await chmod(join(path, folder), mode);
}

/** The paths of all that lies in a tree; no link is followed, as `readdir` does by itself. */
async function below(root: string, folder = ''): Promise<string[]> {
  const entries = await readdir(join(root, folder), { withFileTypes: true });
  const lists = entries.map(async (entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? [path, ...(await below(root, path))] : [path];
  });
  return (await Promise.all(lists)).flat().sort();
}

/** All that can be told of a tree, to the times of its directories and inodes, by path. */
export async function traces(root: string): Promise<string[]> {
  const names = await below(root);
  return Promise.all(
    ['', ...names].map(async (name) => {
      const { ino, mode, uid, gid, nlink, size, mtimeNs, ctimeNs } = await lstat(join(root, name), {
        bigint: true,
      });
      return [name, ino, (mode & 0o7777n).toString(8), uid, gid, nlink, size, mtimeNs, ctimeNs].join(' ');
    }),
  );
}

interface Entry {
  readonly path: string;
  readonly ino: bigint;
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
  readonly content: Buffer | undefined;
}

async function walk(root: string): Promise<Entry[]> {
  const names = await below(root);
  return Promise.all(
    names.map(async (name) => {
      const path = join(root, name);
      const { ino, uid, gid, mode, size } = await lstat(path, { bigint: true });
      const isFile = (mode & 0o170000n) === 0o100000n;
      return {
        ...{ path, ino, uid: Number(uid), gid: Number(gid), mode: Number(mode) & 0o7777 },
        content: isFile && size < 1_000_000n ? await readFile(path) : undefined,
      };
    }),
  );
}

/** What is root's in a scene, wherever it was moved to: one line for each inode. The victim is looked at by itself. */
export async function rootsOwn({ root, victim }: AttackScene): Promise<string[]> {
  return (await walk(root))
    .filter(({ path, uid }) => uid === 0 && !path.startsWith(victim))
    .map(({ ino, mode, content }) =>
      [ino, mode.toString(8), content && createHash('sha256').update(content).digest('hex')].join(' '),
    )
    .sort();
}

function holdsKey(content: Buffer): boolean {
  const isGzip = content[0] === 0x1f && content[1] === 0x8b;
  try {
    return (isGzip ? gunzipSync(content) : content).includes('PRIVATE KEY');
  } catch {
    return false;
  }
}

/** The private keys in a scene that another user can read, or have: his own files, and those that let him in. */
export async function keysFor(user: number, { root }: AttackScene): Promise<string[]> {
  const entries = await walk(root);
  const byPath = new Map(entries.map((entry) => [entry.path, entry]));
  const may = ({ uid, gid, mode }: Entry, bit: number): boolean =>
    uid === user ? true : ((gid === user ? mode >> 3 : mode) & bit) !== 0;
  const isReached = (path: string): boolean => {
    for (let folder = dirname(path); folder !== root; folder = dirname(folder)) {
      const entry = byPath.get(folder);
      if (!entry || !may(entry, 1)) return false;
    }
    return true;
  };
  return entries
    .filter((entry) => entry.content && holdsKey(entry.content) && may(entry, 4) && isReached(entry.path))
    .map(({ path }) => path);
}

/** Whether nobody but root can change what lies at a path, nor swap what is above it, up to the scene. */
export async function isRootsAlone(path: string, { root }: AttackScene): Promise<boolean> {
  for (let folder = path; folder !== root; folder = dirname(folder)) {
    const stats = await lstat(folder).catch(() => undefined);
    if (!stats) continue;
    if (stats.isSymbolicLink() || stats.uid !== 0) return false;
    if ((stats.mode & 0o022) !== 0 && (stats.mode & 0o1000) === 0) return false;
  }
  return true;
}
