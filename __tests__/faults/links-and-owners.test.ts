import { beforeAll, describe, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import {
  chmod,
  chown,
  cp,
  lchown,
  link,
  lstat,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { createServer } from 'node:net';
import { basename, dirname, join } from 'node:path';

import { promisify } from 'node:util';
import {
  all,
  client,
  genpkey,
  previewIssue,
  req,
  server,
  type IssueOptions,
  type Part,
} from '../../lib/index.js';
import { shellWord } from '../../lib/internal.js';
import { ownerTag } from '../../lib/store/owner.js';
import { nobody, publicProgram, runAs, somebody, useCompanions } from '../support/as-user.js';
import { failure } from '../support/failure.js';
import { program, quick, refuses, shell, succeeds, type Outcome } from '../support/program.js';
import { request } from '../support/request.js';
import { groupLeftToWhole, leftToWhole, times, whole } from '../support/form.js';
import { usePromise } from '../support/tally.js';
import { useSharedDirectory } from '../support/temporary-directory.js';
import { tree } from '../support/tree.js';
import { until } from '../support/until.js';
import { only } from '../support/only.js';

const tally = usePromise('no link is followed for writing; what others can change is refused');
const shared = useSharedDirectory();
const companion = useCompanions();
const run = promisify(execFile);
const PER_TEST_MS = times(180_000, 1_800_000);

/** What lies in the certificate directory before a case. */
type Base = 'set' | 'alice' | 'ca' | 'openssl-cnf' | 'training' | 'nothing' | 'no directory';

interface Scene {
  /** All of a case lies in it. */
  readonly root: string;
  readonly directory: string;
  /** What nothing may touch. */
  readonly outside: string;
}

interface Command {
  readonly args: readonly string[];
  readonly call: (directory: string) => Promise<unknown>;
}

interface Refusal {
  readonly path: (scene: Scene) => string;
  readonly why: RegExp;
  /** Default: `ERR_UNSAFE`. */
  readonly codes?: readonly string[];
}

interface Case {
  readonly what: string;
  /** Default: `set`. */
  readonly base?: Base;
  /** The certificate directory, seen from the case's own. Default: `docker-tls`. */
  readonly at?: string;
  readonly prepare: (scene: Scene) => Promise<unknown>;
  readonly commands: readonly CommandName[];
  /** Undefined where all goes well, and only what lies outside has to stay. */
  readonly refusal?: Refusal;
}

const parts = ['ca', 'server', 'client'] as const;
const secret = 'correct horse';

const options = (directory: string, others: IssueOptions = {}): IssueOptions =>
  request(directory, { ...others, directory });
const alice = (directory: string, force?: IssueOptions['force']): IssueOptions => ({
  directory,
  name: 'alice',
  key: 'ec:p256',
  force,
});
type Text = 'openssl-cnf' | 'training';
const hostOf = (recipe: Text): string => (recipe === 'training' ? 'docker.example' : '10.0.0.5');
const text = (recipe: Text, directory: string, force?: IssueOptions['force']): IssueOptions => ({
  recipe,
  directory,
  hosts: [hostOf(recipe)],
  passphrase: recipe === 'training' ? secret : undefined,
  force,
});
const shown = (wanted: readonly Part[], request: IssueOptions): Promise<unknown> =>
  previewIssue(wanted, only(wanted, request));

const aliceWords = ['client', '--name', 'alice', '--key', 'ec:p256'] as const;
const recipeWords = (recipe: Text): string[] => ['all', '--recipe', recipe, '--host', hostOf(recipe)];

const commands = {
  all: { args: ['all', ...quick], call: (at) => all(options(at)) },
  'all --dry-run': { args: ['all', ...quick, '--dry-run'], call: (at) => shown(parts, options(at)) },
  'all --force ca': {
    args: ['all', ...quick, '--force', 'ca', '--yes'],
    call: (at) => all(options(at, { force: ['ca'] })),
  },
  'all --force ca --dry-run': {
    args: ['all', ...quick, '--force', 'ca', '--dry-run'],
    call: (at) => shown(parts, options(at, { force: ['ca'] })),
  },
  'all --force server': {
    args: ['all', ...quick, '--force', 'server'],
    call: (at) => all(options(at, { force: ['server'] })),
  },
  'all --force client': {
    args: ['all', ...quick, '--force', 'client'],
    call: (at) => all(options(at, { force: ['client'] })),
  },
  client: { args: aliceWords, call: (at) => client(only('client', alice(at))) },
  'client --dry-run': { args: [...aliceWords, '--dry-run'], call: (at) => shown(['client'], alice(at)) },
  'client --force': {
    args: [...aliceWords, '--force', 'client'],
    call: (at) => client(only('client', alice(at, ['client']))),
  },
  server: {
    args: ['server', '--name', 'web', '--host', 'web', '--key', 'ec:p256'],
    call: (at) => server({ directory: at, name: 'web', hosts: ['web'], key: 'ec:p256' }),
  },
  'openssl-cnf': { args: recipeWords('openssl-cnf'), call: (at) => all(text('openssl-cnf', at)) },
  'openssl-cnf --force ca': {
    args: [...recipeWords('openssl-cnf'), '--force', 'ca', '--yes'],
    call: (at) => all(text('openssl-cnf', at, ['ca'])),
  },
  training: {
    args: [...recipeWords('training'), '--passphrase-file', '../../secret'],
    call: (at) => all(text('training', at)),
  },
  'training --force ca': {
    args: [...recipeWords('training'), '--force', 'ca', '--yes', '--passphrase-file', '../../secret'],
    call: (at) => all(text('training', at, ['ca'])),
  },
} satisfies Record<string, Command>;

type CommandName = keyof typeof commands;

const bases = (base: Base): string => join(shared(), 'bases', base);

beforeAll(async () => {
  await chmod(shared(), 0o755);
  await writeFile(join(shared(), 'secret'), secret);
  await mkdir(bases('nothing'), { recursive: true });
  await mkdir(bases('ca'));
  await Promise.all([
    all(options(bases('set'))),
    all(text('openssl-cnf', bases('openssl-cnf'))),
    all(text('training', bases('training'))),
  ]);
  for (const file of ['ca.pem', 'ca-key.pem']) await cp(join(bases('set'), file), join(bases('ca'), file));
  await cp(bases('set'), bases('alice'), { recursive: true });
  await client(only('client', alice(bases('alice'))));
  for (const base of ['ca', 'nothing'] as const) await chmod(bases(base), 0o700);
}, PER_TEST_MS);

let scenes = 0;

/** A place of its own for a case, with a copy of what lies there before. */
async function scene(base: Base, at = 'docker-tls', name = 'scene'): Promise<Scene> {
  const root = join(shared(), String(++scenes), name);
  const outside = join(root, 'outside');
  await mkdir(outside, { recursive: true });
  for (const folder of [dirname(root), root, outside]) await chmod(folder, 0o755);
  await writeFile(join(outside, 'precious'), 'precious');
  if (base !== 'no directory') await cp(bases(base), join(root, 'docker-tls'), { recursive: true });
  return { root, directory: join(root, at), outside };
}

/** All that can be told of what lies outside, to the times of its directories and inodes. */
async function marks(root: string): Promise<string[]> {
  const names = await readdir(root, { recursive: true });
  return Promise.all(
    ['', ...names.sort()].map(async (name) => {
      const { ino, mode, uid, gid, nlink, size, mtimeNs, ctimeNs } = await lstat(join(root, name), {
        bigint: true,
      });
      return [name, ino, mode, uid, gid, nlink, size, mtimeNs, ctimeNs].join(' ');
    }),
  );
}

let turn = 0;
/** Whether a case is tried through the program too, and not only through the library. */
const throughProgram = (): boolean => ++turn % times(16, 4) === 0;

/** All of the list, or in the short form some of it from everywhere. */
function some<One>(list: readonly One[], few: number): readonly One[] {
  return whole
    ? list
    : Array.from(
        { length: Math.min(Math.ceil(few / 3), list.length) },
        (_, at) => list[(at * 7907) % list.length]!,
      );
}

async function refused(place: Scene, at: string, command: Command, refusal: Refusal): Promise<void> {
  const { why, codes = ['ERR_UNSAFE'] } = refusal;
  const path = refusal.path(place);
  const before = await marks(place.outside);
  const error = await failure(place.root, () => command.call(place.directory));
  expect(error.message).toContain(path);
  expect(error.message).toMatch(why);
  expect(codes).toContain(error.code);
  expect(error.hint).toMatch(/\w/);
  if (throughProgram()) {
    const said = await refuses(place.root, 1, [...command.args, '--dir', at]);
    expect(said).toContain(path);
    expect(said).toMatch(why);
    expect(said).toMatch(/^hint: /m);
  }
  expect(await marks(place.outside)).toEqual(before);
}

/** Tries the cases with each of their commands: `many` and more, of which the short form takes a `few`. */
async function tryAll(cases: readonly Case[], few: number, many: number): Promise<void> {
  const pairs = cases.flatMap((one) => one.commands.map((name) => ({ one, name })));
  expect(pairs.length).toBeGreaterThanOrEqual(many);
  for (const { one, name } of some(pairs, few)) {
    const { what, base = 'set', at = 'docker-tls', prepare, refusal } = one;
    const place = await scene(base, at);
    await tally.attempt(`${name}, where ${what}`, async () => {
      await prepare(place);
      if (refusal) return refused(place, at, commands[name], refusal);
      const before = await marks(place.outside);
      await commands[name].call(place.directory);
      expect(await marks(place.outside)).toEqual(before);
    });
    await rm(dirname(place.root), { recursive: true });
  }
  tally.none();
}

/** What can lie where a file is expected. `path` is free when it is made. */
interface Kind {
  readonly what: string;
  readonly make: (path: string, scene: Scene) => Promise<unknown>;
  readonly why: RegExp;
}

const linkWords = /it is a symbolic link, and none is followed for writing/;
const noFile = /it is a directory|is not a file/;

/** The file itself lies elsewhere. */
const linkToFile: Kind = {
  what: 'a link to the file, outside',
  why: linkWords,
  make: async (path, { outside }) => symlink(join(outside, 'moved'), path),
};
const linkToPrecious: Kind = {
  what: 'a link to another file outside',
  why: linkWords,
  make: (path, { outside }) => symlink(join(outside, 'precious'), path),
};
const linkToNothing: Kind = {
  what: 'a link that leads nowhere',
  why: linkWords,
  make: (path, { outside }) => symlink(join(outside, 'none'), path),
};
const linkToItself: Kind = {
  what: 'a link to itself',
  why: /symbolic link/,
  make: (path) => symlink(basename(path), path),
};
const linkToDirectory: Kind = {
  what: 'a link to a directory outside',
  why: /it is a directory|symbolic link/,
  make: (path, { outside }) => symlink(outside, path),
};
const noFiles: readonly Kind[] = [
  { what: 'a directory', why: noFile, make: (path) => mkdir(path) },
  { what: 'a pipe', why: noFile, make: (path) => run('mkfifo', [path]) },
  { what: 'a device', why: noFile, make: (path) => run('mknod', [path, 'c', '1', '5']) },
  { what: 'a socket', why: noFile, make: socket },
];
const links = [linkToFile, linkToPrecious, linkToNothing, linkToItself, linkToDirectory];
const inTheWay = ['ERR_UNSAFE', 'ERR_EXISTS', 'ERR_FILE'];

/** Made under another name, for the server removes what it made. */
async function socket(path: string): Promise<void> {
  const made = createServer().listen(`${path}.x`);
  await once(made, 'listening');
  await rename(`${path}.x`, path);
  made.close();
  await once(made, 'close');
}

/** A case for a file of the certificate directory and what lies there in its stead. */
function fileCase(file: string, kind: Kind, names: readonly CommandName[], others: Partial<Case> = {}): Case {
  return {
    what: `${file} is ${kind.what}`,
    commands: names,
    refusal: { path: ({ directory }) => join(directory, file), why: kind.why, codes: inTheWay },
    prepare: async (place) => {
      const path = join(place.directory, file);
      await rename(path, join(place.outside, 'moved')).catch(() => undefined); // where it is to be made new
      await kind.make(path, place);
    },
    ...others,
  };
}

const six = ['ca-key.pem', 'ca.pem', 'server-key.pem', 'server-cert.pem', 'key.pem', 'cert.pem'];
const forced = [
  ...six.map((file) => [file, 'all --force ca'] as const),
  ...six.slice(2, 4).map((file) => [file, 'all --force server'] as const),
  ...six.slice(4).map((file) => [file, 'all --force client'] as const),
];

describe('a certificate directory', () => {
  const names = ['all', 'all --dry-run', 'all --force ca', 'client'] as const;
  const here = ({ directory }: Scene): string => directory;

  test(
    'that is a symbolic link is refused',
    async () => {
      const refusal = { path: here, why: /symbolic link/, codes: inTheWay };
      const toTarget = (what: string, target: string): Case => ({
        what: `the directory is ${what}`,
        base: 'no directory',
        commands: names,
        refusal,
        prepare: ({ directory }) => symlink(target, directory),
      });
      await tryAll(
        [
          {
            what: 'the directory is a link to the set',
            commands: names,
            refusal,
            prepare: async ({ directory, outside }) => {
              await rename(directory, join(outside, 'set'));
              await symlink(join(outside, 'set'), directory);
            },
          },
          toTarget('a link to another one', 'outside'),
          toTarget('a link that leads nowhere', 'outside/none'),
          toTarget('a link to itself', 'docker-tls'),
          toTarget('a link to a file', 'outside/precious'),
        ],
        12,
        20,
      );
    },
    PER_TEST_MS,
  );

  test(
    'that is another user’s, or open to others, is refused',
    async () => {
      const modes = [0o720, 0o770, 0o775, 0o777, 0o1777, 0o702, 0o2770];
      const open = modes.flatMap((mode) =>
        (['set', 'nothing'] as const).map((base): Case => ({
          what: `the directory has the mode ${mode.toString(8)} and holds the base '${base}'`,
          base,
          commands: base === 'set' ? names : ['all', 'all --dry-run'],
          refusal: { path: here, why: /others can change it \(mode [0-7]{4}\)/ },
          prepare: ({ directory }) => chmod(directory, mode),
        })),
      );
      const owned = (['set', 'nothing'] as const).map((base): Case => ({
        what: `the directory belongs to another user and holds the base '${base}'`,
        base,
        commands: base === 'set' ? names : ['all', 'all --dry-run'],
        refusal: { path: here, why: /it belongs to another user \(65534\)/ },
        prepare: ({ directory }) => chown(directory, nobody, nobody),
      }));
      await tryAll([...open, ...owned], 12, 48);
    },
    PER_TEST_MS,
  );

  test(
    'that others could swap for another is refused',
    async () => {
      const why = /everybody can write in it \(mode 0777\), and swap what lies there/;
      const open = async (path: string): Promise<void> => {
        await mkdir(path, { recursive: true });
        await chmod(path, 0o777);
      };
      const some = ['all', 'all --dry-run', 'client'] as const;
      await tryAll(
        [
          {
            what: 'everybody can write beside the directory',
            commands: some,
            refusal: { path: ({ root }) => root, why },
            prepare: ({ root }) => open(root),
          },
          {
            what: 'everybody can write where the directory is to be',
            base: 'no directory',
            commands: ['all', 'all --dry-run'],
            refusal: { path: ({ root }) => root, why },
            prepare: ({ root }) => open(root),
          },
          {
            what: 'everybody can write where the directory and what it lies in is to be',
            base: 'no directory',
            at: 'a/b/docker-tls',
            commands: ['all', 'all --dry-run'],
            refusal: { path: ({ root }) => root, why },
            prepare: ({ root }) => open(root),
          },
          {
            what: 'everybody can write two levels above the directory',
            commands: some,
            refusal: { path: ({ root }) => dirname(root), why },
            prepare: ({ root }) => open(dirname(root)),
          },
          {
            what: 'what it lies in is a link into what everybody can change',
            base: 'no directory',
            at: 'way/docker-tls',
            commands: ['all'],
            refusal: { path: ({ root }) => join(root, 'open'), why },
            prepare: async ({ root }) => {
              await mkdir(join(root, 'open/real'), { recursive: true });
              await open(join(root, 'open'));
              await symlink('open/real', join(root, 'way'));
            },
          },
          {
            what: 'what it lies in is a link that everybody can change',
            base: 'no directory',
            at: 'open/way/docker-tls',
            commands: ['all', 'all --dry-run'],
            refusal: { path: ({ root }) => join(root, 'open'), why: /is not safe/ },
            prepare: async ({ root }) => {
              await mkdir(join(root, 'real'));
              await open(join(root, 'open'));
              await symlink('../real', join(root, 'open/way'));
            },
          },
          {
            what: 'what it lies in is a link of another user, as one can be in /tmp',
            base: 'no directory',
            at: 'sticky/way/docker-tls',
            commands: ['all', 'all --dry-run'],
            refusal: { path: ({ root }) => join(root, 'sticky/way'), why: /is not safe/ },
            prepare: async ({ root }) => {
              await mkdir(join(root, 'real'));
              await mkdir(join(root, 'sticky'));
              await chmod(join(root, 'sticky'), 0o1777);
              await symlink('../real', join(root, 'sticky/way'));
              await lchown(join(root, 'sticky/way'), nobody, nobody);
            },
          },
        ],
        15,
        15,
      );
    },
    PER_TEST_MS,
  );

  test(
    'that nobody else can change is taken',
    async () => {
      await tryAll(
        [
          {
            what: 'what it lies in is a link',
            base: 'no directory',
            at: 'way/docker-tls',
            commands: ['all'],
            prepare: async ({ root }) => {
              await mkdir(join(root, 'real'));
              await symlink('real', join(root, 'way'));
            },
          },
          {
            what: 'it lies in a directory such as /tmp',
            commands: ['all', 'client'],
            prepare: ({ root }) => chmod(root, 0o1777),
          },
          ...[0o500, 0o700, 0o750, 0o755, 0o2755].map((mode): Case => ({
            what: `its mode is ${mode.toString(8)}`,
            commands: ['client'],
            prepare: ({ directory }) => chmod(directory, mode),
          })),
        ],
        8,
        8,
      );
    },
    PER_TEST_MS,
  );
});

describe('a file that is to be replaced', () => {
  test(
    'and is a link, or no file, stays',
    async () => {
      const cases = forced.flatMap(([file, name]) =>
        [...links, ...noFiles].map((kind) => fileCase(file, kind, [name])),
      );
      await tryAll(cases, 20, 90);
    },
    PER_TEST_MS,
  );

  test(
    'and is a link is refused where the run is only shown, too',
    () =>
      tryAll(
        six.map((file) => fileCase(file, linkToFile, ['all --force ca --dry-run'])),
        2,
        6,
      ),
    PER_TEST_MS,
  );

  test(
    'and has a second name outside is replaced by a new file',
    async () => {
      for (const [file, name] of some(forced, 4)) {
        await tally.attempt(`${name}, where ${file} has a second name`, async () => {
          const { directory, outside } = await scene('set');
          const other = join(outside, 'name');
          await link(join(directory, file), other);
          const [before, { ino, mtimeMs, mode }] = [await readFile(other, 'utf8'), await lstat(other)];
          await commands[name].call(directory);
          expect(await readFile(other, 'utf8')).toBe(before);
          expect(await lstat(other)).toMatchObject({ ino, mtimeMs, mode, nlink: 1 });
          expect((await lstat(join(directory, file))).ino).not.toBe(ino);
          expect(await readFile(join(directory, file), 'utf8')).not.toBe(before);
        });
      }
      tally.none();
    },
    PER_TEST_MS,
  );
});

describe('a file that is to be made', () => {
  test(
    'where a link or something else lies is not',
    async () => {
      const codes = [...inTheWay, 'ERR_INCOMPLETE', 'ERR_CA_UNUSABLE', 'ERR_LEAF_UNUSABLE', 'ERR_CA_MISSING'];
      const why = /already exists|exists, but|symbolic link|it is a directory|is not a/;
      const some = [linkToPrecious, linkToNothing, linkToItself, linkToDirectory, ...noFiles];
      const lies = (file: string, base: Base, name: CommandName, kinds = some): Case[] =>
        kinds.map((kind) =>
          fileCase(file, kind, [name], {
            base,
            refusal: { path: ({ directory }) => join(directory, file), why, codes },
          }),
        );
      const alices = ['key.pem', 'cert.pem', 'ca.pem'].map((file) => `clients/alice/${file}`);
      const inAlices = (one: Case): Case => ({
        ...one,
        prepare: async (place) => {
          await mkdir(join(place.directory, 'clients/alice'), { recursive: true, mode: 0o700 });
          await one.prepare(place);
        },
      });
      const tutorials = await readdir(bases('training'));
      await tryAll(
        [
          ...six.slice(2).flatMap((file) => lies(file, 'ca', 'all')),
          ...six.flatMap((file) => lies(file, 'nothing', 'all', [linkToPrecious, linkToNothing])),
          ...alices.flatMap((file) => lies(file, 'set', 'client').map(inAlices)),
          ...tutorials.flatMap((file) => lies(file, 'nothing', 'training', [linkToPrecious, linkToNothing])),
        ],
        16,
        80,
      );
    },
    PER_TEST_MS,
  );
});

describe('a folder in the certificate directory', () => {
  const makes = { clients: 'client', 'clients/alice': 'client', servers: 'server', 'servers/web': 'server' };

  test(
    'that is a link, or no directory, is refused',
    async () => {
      const cases = Object.entries(makes).flatMap(([folder, name]) =>
        [linkToDirectory, linkToNothing, linkToItself, linkToPrecious, ...noFiles.slice(1)].map(
          (kind): Case => ({
            what: `${folder} is ${kind.what}`,
            commands: [name as 'client' | 'server'],
            refusal: {
              path: ({ directory }) => join(directory, folder),
              why:
                kind === linkToItself
                  ? kind.why
                  : links.includes(kind)
                    ? linkWords
                    : /not a directory|not a file/,
              codes: inTheWay,
            },
            prepare: async (place) => {
              const path = join(place.directory, folder);
              await mkdir(dirname(path), { recursive: true, mode: 0o700 });
              await kind.make(path, place);
            },
          }),
        ),
      );
      await tryAll(cases, 10, 28);
    },
    PER_TEST_MS,
  );

  test(
    'that is a link to a client that is there is neither written to nor read',
    async () => {
      const base = 'alice';
      const prepare = async ({ directory, outside }: Scene): Promise<void> => {
        await rename(join(directory, 'clients/alice'), join(outside, 'alice'));
        await symlink(join(outside, 'alice'), join(directory, 'clients/alice'));
      };
      const path = ({ directory }: Scene): string => join(directory, 'clients/alice');
      const what = 'clients/alice is a link to a client that is there';
      await tryAll(
        [
          { what, base, prepare, commands: ['all --force ca'] },
          {
            ...{ what, base, prepare, commands: ['client', 'client --dry-run', 'client --force'] as const },
            refusal: { path, why: linkWords },
          },
        ],
        4,
        4,
      );
    },
    PER_TEST_MS,
  );

  test(
    'that others can change is refused, also where nothing is to be done there',
    async () => {
      const spoil = {
        'open to everybody': (path: string) => chmod(path, 0o777),
        'open to its group': (path: string) => chmod(path, 0o770),
        'another user’s': (path: string) => chown(path, nobody, nobody),
      };
      const cases = Object.entries(spoil).flatMap(([what, change]) =>
        ['clients', 'clients/alice'].flatMap((folder) =>
          [false, true].map((there): Case => ({
            what: `${folder} is ${what}, with ${there ? 'a client' : 'nothing'} in it`,
            base: there ? 'alice' : 'set',
            commands: there ? ['client', 'client --force'] : ['client', 'client --dry-run'],
            refusal: {
              path: ({ directory }) => join(directory, folder),
              why: /others can change it|it belongs to another user/,
            },
            prepare: async ({ directory }) => {
              await mkdir(join(directory, 'clients/alice'), { recursive: true, mode: 0o700 });
              await change(join(directory, folder));
            },
          })),
        ),
      );
      await tryAll(cases, 12, 24);
    },
    PER_TEST_MS,
  );
});

describe('what a recipe makes', () => {
  test(
    'is not written through links, nor over what is no file',
    async () => {
      const files = async (base: Base): Promise<string[]> => {
        const names = await readdir(bases(base), { recursive: true, withFileTypes: true });
        return names
          .filter((entry) => entry.isFile())
          .map(({ parentPath, name }) => join(parentPath, name).slice(bases(base).length + 1));
      };
      const kinds = [linkToFile, linkToNothing, ...(whole ? noFiles : noFiles.slice(0, 1))];
      const opensslCnf = (await files('openssl-cnf')).flatMap((file) =>
        kinds.map((kind) => fileCase(file, kind, ['openssl-cnf --force ca'], { base: 'openssl-cnf' })),
      );
      const training = (await files('training')).flatMap((file) =>
        kinds.map((kind) => fileCase(file, kind, ['training --force ca'], { base: 'training' })),
      );
      await tryAll([...opensslCnf, ...training], 12, 60);
    },
    PER_TEST_MS,
  );

  test(
    'is not written into folders that are links, or that others can change',
    async () => {
      const folders = ['server', 'client'] as const;
      const path =
        (folder: string) =>
        ({ directory }: Scene): string =>
          join(directory, folder);
      const codes = inTheWay;
      const moved = folders.map((folder): Case => ({
        what: `${folder}/ is a link to what it was`,
        base: 'openssl-cnf',
        commands: ['openssl-cnf --force ca'],
        refusal: { path: path(folder), why: /already exists|symbolic link/, codes },
        prepare: async ({ directory, outside }) => {
          await rename(join(directory, folder), join(outside, folder));
          await symlink(join(outside, folder), join(directory, folder));
        },
      }));
      const planted = folders.flatMap((folder) =>
        ['../outside', '../outside/none', folder].map((target): Case => ({
          what: `${folder}/ is a link to ${target}`,
          base: 'nothing',
          commands: ['openssl-cnf'],
          refusal: { path: path(folder), why: /already exists|symbolic link/, codes },
          prepare: ({ directory }) => symlink(target, join(directory, folder)),
        })),
      );
      const open = folders.flatMap((folder) =>
        ['777', '770', 'nobody'].map((spoiled): Case => ({
          what: `${folder}/ is spoiled: ${spoiled}`,
          base: 'openssl-cnf',
          commands: ['openssl-cnf', 'openssl-cnf --force ca'],
          refusal: { path: path(folder), why: /others can change it|it belongs to another user/ },
          prepare: ({ directory }) =>
            spoiled === 'nobody'
              ? chown(join(directory, folder), nobody, nobody)
              : chmod(join(directory, folder), Number.parseInt(spoiled, 8)),
        })),
      );
      await tryAll([...moved, ...planted, ...open], 12, 20);
    },
    PER_TEST_MS,
  );
});

describe('the output of a step', () => {
  const make = (out: string, overwrite: boolean): Promise<unknown> =>
    genpkey({ out, overwrite, algorithm: 'ec:p256' });

  test(
    'that is a link, or no file, stays',
    async () => {
      const place = await scene('set');
      const kinds = [...links, ...noFiles];
      const tries = kinds.flatMap((kind) =>
        [false, true].flatMap((overwrite) =>
          (['genpkey', 'req'] as const).map((name) => ({ kind, overwrite, name })),
        ),
      );
      for (const { kind, overwrite, name } of some(tries, 14)) {
        await tally.attempt(`${name}, where its output is ${kind.what}`, async () => {
          const out = join(place.root, `output-${String(tally.tried())}`);
          await writeFile(join(place.outside, 'moved'), 'moved');
          await kind.make(out, place);
          const before = await marks(place.outside);
          const key = join(place.directory, 'key.pem');
          const error = await failure(place.root, () =>
            name === 'genpkey' ? make(out, overwrite) : req({ key, out, overwrite, subj: '/CN=x' }),
          );
          expect(error).toMatchObject({ path: out });
          expect(error.code).toBe(overwrite && links.includes(kind) ? 'ERR_UNSAFE' : 'ERR_EXISTS');
          expect(error.hint).toMatch(/\w/);
          if (throughProgram()) {
            const flags = overwrite ? ['--overwrite'] : [];
            const words = ['step', 'genpkey', '--algorithm', 'ec:p256', '--out', out, ...flags];
            expect(await refuses(place.root, 1, words)).toContain(out);
          }
          expect(await marks(place.outside)).toEqual(before);
          await rm(out, { recursive: true });
        });
      }
      tally.none();
    },
    PER_TEST_MS,
  );

  test(
    'goes where nobody else can swap it, and nowhere else',
    async () => {
      await tally.attempt('a step, where everybody can write beside its output', async () => {
        const { root } = await scene('nothing');
        await chmod(root, 0o777);
        const error = await failure(root, () => make(join(root, 'key.pem'), false));
        expect(error).toMatchObject({ code: 'ERR_UNSAFE', path: root });
        expect(await failure(root, () => make(join(root, 'new/key.pem'), true))).toMatchObject({
          code: 'ERR_UNSAFE',
        });
      });
      await tally.attempt('a step, where its output lies in a directory such as /tmp', async () => {
        const { root } = await scene('nothing');
        await chmod(root, 0o1777);
        await make(join(root, 'key.pem'), false);
      });
      await tally.attempt('a step, where its output has a second name', async () => {
        const { root, outside } = await scene('nothing');
        await link(join(outside, 'precious'), join(root, 'key.pem'));
        await make(join(root, 'key.pem'), true);
        expect(await readFile(join(outside, 'precious'), 'utf8')).toBe('precious');
        expect((await lstat(join(outside, 'precious'))).nlink).toBe(1);
      });
      tally.none();
    },
    PER_TEST_MS,
  );
});

describe('a file in the certificate directory', () => {
  test(
    'that is another user’s, or open to others, is refused',
    async () => {
      const spoil: readonly [string, RegExp, (path: string) => Promise<void>][] = [
        ['is another user’s', /it belongs to another user \(65534\)/, (path) => chown(path, nobody, nobody)],
        ['has the mode 664', /others can change it \(mode 0664\)/, (path) => chmod(path, 0o664)],
        ['has the mode 666', /others can change it \(mode 0666\)/, (path) => chmod(path, 0o666)],
        ['has the mode 402', /others can change it \(mode 0402\)/, (path) => chmod(path, 0o402)],
      ];
      const forCa = ['client', 'client --dry-run', 'all --force server'] as const;
      const cases = six.flatMap((file) =>
        spoil.map(([what, why, change]): Case => ({
          what: `${file} ${what}`,
          commands: ['all', 'all --dry-run', ...(file.startsWith('ca') ? forCa : [])],
          refusal: { path: ({ directory }) => join(directory, file), why },
          prepare: ({ directory }) => change(join(directory, file)),
        })),
      );
      const alices = ['key.pem', 'cert.pem'].flatMap((file) =>
        spoil.map(([what, why, change]): Case => ({
          what: `clients/alice/${file} ${what}`,
          commands: ['client'],
          refusal: { path: ({ directory }) => join(directory, 'clients/alice', file), why },
          base: 'alice',
          prepare: ({ directory }) => change(join(directory, 'clients/alice', file)),
        })),
      );
      const texts = (['openssl-cnf', 'training'] as const).flatMap((base) =>
        spoil.map(([what, why, change]): Case => {
          const file = base === 'training' ? 'server-cert.pem' : 'server/cert.pem';
          return {
            what: `${file} of ${base} ${what}`,
            base,
            commands: [base],
            refusal: { path: ({ directory }) => join(directory, file), why },
            prepare: ({ directory }) => change(join(directory, file)),
          };
        }),
      );
      await tryAll([...cases, ...alices, ...texts], 20, 80);
    },
    PER_TEST_MS,
  );
});

describe('the hint', () => {
  /** Does what was hinted at, as a person would who copies it, and says the command again. */
  async function follow({ root }: Scene, args: readonly string[], said: string): Promise<Outcome> {
    const hint = /^hint: nothing was changed; (.*)$/m.exec(said)?.[1] ?? '';
    const where = / (--dir .*)$/.exec(hint)?.[1];
    if (where !== undefined)
      return shell(root, `docker-tls-openssl ${args.map(shellWord).join(' ')} ${where}`);
    const command = /(ch(?:mod|own) .*?)(?:, or choose another directory)?$/.exec(hint)?.[1];
    if (command === undefined) throw new Error(`no command is hinted at in: ${said}`);
    const done = await shell(root, command);
    expect(done).toEqual({ code: 0, stdout: '', stderr: '' });
    return program(root, args);
  }

  const wrong: readonly [string, Base, (scene: Scene) => Promise<unknown>][] = [
    ['a directory of another user', 'set', ({ directory }) => run('chown', ['-R', '65534', directory])],
    ['a directory open to all', 'set', ({ directory }) => chmod(directory, 0o777)],
    ['a directory such as /tmp', 'nothing', ({ directory }) => chmod(directory, 0o1777)],
    ['what it lies in', 'no directory', ({ root }) => chmod(root, 0o777)],
    ['a file open to its group', 'set', ({ directory }) => chmod(join(directory, 'ca.pem'), 0o664)],
    ['a key of another user', 'set', ({ directory }) => chown(join(directory, 'ca-key.pem'), somebody, 0)],
    [
      'a folder open to all',
      'set',
      async ({ directory }) => {
        await mkdir(join(directory, 'clients'));
        await chmod(join(directory, 'clients'), 0o777);
      },
    ],
    [
      'a link to the directory',
      'set',
      async ({ directory, outside }) => {
        await rename(directory, join(outside, 'set'));
        await symlink(join(outside, 'set'), directory);
      },
    ],
  ];

  test(
    'of each refusal is a command that mends it, whatever the place is called',
    async () => {
      const names = ['plain', "it's", 'a blank', '$HOME;`x`"'];
      const cases = wrong.flatMap((one, at) =>
        names.flatMap((name, which) =>
          whole || 2 * which === at % (2 * names.length) ? [{ one, name }] : [],
        ),
      );
      expect(cases).toHaveLength(times(4, 32));
      const tryOne = async ({ one: [what, base, spoil], name }: (typeof cases)[number]): Promise<void> =>
        tally.attempt(`the hint for ${what} in ${name}`, async () => {
          const place = await scene(base, 'docker-tls', name);
          await spoil(place);
          const args = base === 'set' ? [...aliceWords, '--quiet'] : ['all', ...quick, '--quiet'];
          const said = await refuses(place.root, 1, args);
          expect(await follow(place, args, said)).toEqual({ code: 0, stdout: '', stderr: '' });
        });
      for (let at = 0; at < cases.length; at += 3) await Promise.all(cases.slice(at, at + 3).map(tryOne));
      tally.none();
    },
    PER_TEST_MS,
  );
});

describe('a user without rights', () => {
  let words: readonly string[] = [];
  beforeAll(async () => {
    words = await publicProgram(join(shared(), 'public'));
  });

  interface Try {
    readonly what: string;
    readonly base?: Base;
    readonly prepare: (scene: Scene) => Promise<unknown>;
    readonly args: readonly string[];
    readonly says?: RegExp;
  }

  const given = (path: string, user: number): Promise<unknown> =>
    run('chown', ['-R', '-h', `${user}:${user}`, path]);
  const readable = (directory: string): Promise<unknown> => run('chmod', ['-R', 'a+rX', directory]);
  const everything = ['all', ...quick, '--quiet'];
  const client = [...aliceWords, '--quiet'];
  const wording = /others can change it|belongs to another user/;
  const tries: readonly Try[] = [
    {
      what: 'makes a set in what is his',
      base: 'no directory',
      prepare: ({ root }) => given(root, nobody),
      args: everything,
    },
    {
      what: 'makes a set in a directory such as /tmp',
      base: 'no directory',
      prepare: ({ root }) => chmod(root, 0o1777),
      args: everything,
    },
    {
      what: 'adds a client where all is his',
      prepare: ({ directory }) => given(directory, nobody),
      args: client,
    },
    {
      what: 'adds a client with a CA of root that he can read',
      prepare: async ({ directory }) => {
        await given(directory, nobody);
        for (const file of ['ca.pem', 'ca-key.pem']) await chown(join(directory, file), 0, nobody);
        await chmod(join(directory, 'ca-key.pem'), 0o440);
      },
      args: client,
    },
    {
      what: 'finds a set of root that he can read',
      prepare: ({ directory }) => readable(directory),
      args: everything,
    },
    {
      what: 'is told that he may not write there',
      prepare: ({ directory }) => readable(directory),
      args: client,
      says: /permission denied\nhint: run as a user with that permission/,
    },
    {
      what: 'is told that he may not read the keys there',
      prepare: ({ directory }) => chmod(directory, 0o755),
      args: everything,
      says: /key\.pem: permission denied\nhint: run as a user with that permission/,
    },
    {
      what: 'is refused a set of another user',
      prepare: async ({ directory }) => {
        await readable(directory);
        await given(directory, somebody);
      },
      args: everything,
      says: /it belongs to another user \(65533\)/,
    },
    {
      what: 'is refused a directory that is empty and another user’s',
      base: 'nothing',
      prepare: async ({ directory }) => {
        await given(directory, somebody);
        await chmod(directory, 0o777);
      },
      args: everything,
      says: wording,
    },
    {
      what: 'is refused a CA of another user in what is his',
      prepare: async ({ directory }) => {
        await given(directory, nobody);
        await chown(join(directory, 'ca.pem'), somebody, somebody);
      },
      args: client,
      says: /ca\.pem is not safe: it belongs to another user \(65533\)/,
    },
    {
      what: 'is refused a link to what is his',
      base: 'no directory',
      prepare: async ({ directory, outside, root }) => {
        await given(root, nobody);
        await given(outside, nobody);
        await symlink(outside, directory);
      },
      args: everything,
      says: /it is a symbolic link/,
    },
    {
      what: 'is refused a folder of another user in what is his',
      prepare: async ({ directory }) => {
        await mkdir(join(directory, 'clients'), { mode: 0o755 });
        await given(directory, nobody);
        await given(join(directory, 'clients'), somebody);
      },
      args: client,
      says: /clients is not safe: it belongs to another user/,
    },
  ];

  test(
    'is refused what is another’s, and takes what is root’s or his own',
    async () => {
      const tryOne = async ({ what, base = 'set', prepare, args, says }: Try): Promise<void> =>
        tally.attempt(`nobody ${what}`, async () => {
          const place = await scene(base);
          await prepare(place);
          const before = await tree(place.root);
          const outcome = await runAs(place.root, [...words, ...args], { user: 'nobody' });
          if (!says) {
            expect(outcome).toEqual({ code: 0, stdout: '', stderr: '' });
            return;
          }
          expect(outcome).toMatchObject({ code: 1, stdout: '' });
          expect(outcome.stderr).toMatch(says);
          expect(outcome.stderr).toMatch(/^hint: /m);
          expect(await tree(place.root)).toEqual(before);
        });
      for (let at = 0; at < tries.length; at += 3) await Promise.all(tries.slice(at, at + 3).map(tryOne));
      tally.none();
    },
    PER_TEST_MS,
  );

  test(
    'cannot put anything into the directory or the workspace of another',
    async () => {
      const intrusion = async (root: string, work: () => Promise<unknown>) => {
        const own = join(root, 'own');
        await writeFile(own, 'own');
        await chown(own, nobody, nobody);
        const intruder = await companion('intrude', [root, own], join(shared(), 'public'), {
          user: 'nobody',
        });
        await work();
        return JSON.parse(await intruder.ends()) as {
          tries: number;
          successes: string[];
          workspaces: string[];
        };
      };
      const { root, directory } = await scene('set');
      await chmod(directory, 0o755);
      const seen = await intrusion(root, async () => {
        for (let round = 0; round < times(1, 40); round++) {
          const name = `client-${String(round)}`;
          const client = ['client', '--name', name, '--key', 'ec:p256', '--quiet', '--lock-timeout', '5'];
          const set = ['all', ...quick, '--quiet', '--dir', `set-${String(round)}`];
          const args = [
            client,
            ['all', '--force', 'server', '--key', 'ec:p256', '--quiet', '--lock-timeout', '5'],
            set,
          ][round % 3]!;
          const outcome = await runAs(root, [...words, ...args], { umask: '000' });
          tally.count(`${args.join(' ')} beside an intruder: ${outcome.stderr}`, outcome.code === 0);
        }
      });
      tally.count(`an intruder made ${seen.successes.join(', ')}`, seen.successes.length === 0);
      tally.none();
      expect(seen.workspaces.length).toBeGreaterThanOrEqual(times(1, 2));
      expect(seen.tries).toBeGreaterThan(1000);

      const open = await scene('nothing');
      await chmod(open.root, 0o777);
      const made = await intrusion(open.root, () =>
        until(async () => (await readdir(open.root)).includes('planted-link')),
      );
      expect(made.successes).toContain(`a symbolic link in ${open.root}`);
    },
    PER_TEST_MS,
  );

  test(
    'cannot lead a run astray where both share a directory such as /tmp',
    async () => {
      const rounds = times(1, 60);
      const made = { sets: 0, refusals: 0 };
      for (let round = 0; round < rounds; round++) {
        const { root, directory, outside } = await scene('no directory');
        await chmod(root, 0o1777);
        await chown(outside, nobody, nobody);
        await chmod(outside, 0o777);
        const claimant = await companion('claim', [directory, outside], join(shared(), 'public'), {
          user: 'nobody',
        });
        const { code, stderr } = await program(root, ['all', ...quick, '--quiet', '--lock-timeout', '2']);
        const seen = JSON.parse(await claimant.ends()) as { claims: number; found: string[] };
        expect(seen.claims).toBeGreaterThan(10);
        made[code === 0 ? 'sets' : 'refusals']++;
        await tally.attempt(`all, while another user claims its directory: ${stderr}`, async () => {
          expect(seen.found.filter((path) => path !== join(outside, 'precious'))).toEqual([]);
          expect(await readdir(outside)).toEqual(['precious']);
          if (code === 0) expect(await lstat(directory)).toMatchObject({ uid: 0, mode: 0o40700 });
          else
            expect(stderr).toMatch(
              /^error: .*(?:symbolic link|another user|came into being|is there|is not there)/m,
            );
          expect((await readdir(root)).filter((name) => name.startsWith('.'))).toEqual([]);
        });
      }
      expect(made.sets + made.refusals).toBe(rounds);
      tally.none();
    },
    PER_TEST_MS,
  );
});

describe('what is called as a workspace is', () => {
  /** As that of a process of this machine that has ended. */
  const dead = async (mark: '-' | '_' = '-', end = 'abcdef'): Promise<string> =>
    `.docker-tls-openssl${mark}${(await ownerTag()).split('-').slice(0, 3).join('-')}-1-1-${end}`;

  test(
    'and is not ours, or leads elsewhere, is not removed with what lies there',
    async () => {
      for (const where of ['beside', 'inside'] as const) {
        await tally.attempt(`what is planted ${where} the directory`, async () => {
          const place = await scene('set');
          const folder = where === 'beside' ? place.root : place.directory;
          const at = async (end: string, mark: '-' | '_' = '-'): Promise<string> =>
            join(folder, await dead(mark, end));
          await mkdir(join(place.outside, 'deep'));
          await writeFile(join(place.outside, 'deep/precious'), 'precious');

          const stays = [await at('linked'), await at('linkto', '_'), await at('astray')];
          await symlink(place.outside, stays[0]!);
          await symlink(join(place.outside, 'deep'), stays[1]!);
          await symlink(join(place.outside, 'none'), stays[2]!);
          const theirs = await at('theirs');
          await mkdir(theirs);
          await writeFile(join(theirs, 'precious'), 'precious');
          await chown(theirs, nobody, nobody);
          const file = await at('afile1');
          await writeFile(file, 'precious');

          const ours = await at('mine12');
          await mkdir(join(ours, 'folder'), { recursive: true });
          await symlink(place.outside, join(ours, 'link'));
          await symlink('../../outside', join(ours, 'folder/link'));
          await link(join(place.outside, 'precious'), join(ours, 'key.pem'));
          await rm(join(ours, 'key.pem'));
          const before = await marks(place.outside);
          const { stderr } = await succeeds(place.root, aliceWords);
          expect(stderr).toMatch(/^note: removed what a run that was killed had left/m);
          expect(await marks(place.outside)).toEqual(before);
          const left = await readdir(folder);
          for (const path of [...stays, theirs, file]) expect(left).toContain(basename(path));
          expect(left).not.toContain(basename(ours));
          expect(await readFile(join(theirs, 'precious'), 'utf8')).toBe('precious');
        });
      }
      tally.none();
    },
    PER_TEST_MS,
  );

  leftToWhole(
    'and was planted for a user without rights is not removed either',
    async () => {
      const words = await publicProgram(join(shared(), 'public'));
      await tally.attempt('what is planted beside the directory of nobody', async () => {
        const { root, outside } = await scene('no directory');
        await chmod(root, 0o1777);
        await chown(outside, nobody, nobody);
        await symlink(outside, join(root, await dead('-', 'linked')));
        await mkdir(join(root, await dead('-', 'theirs')));
        await chown(join(root, await dead('-', 'theirs')), somebody, somebody);
        const before = await marks(outside);
        const args = ['all', ...quick, '--quiet'];
        expect(await runAs(root, [...words, ...args], { user: 'nobody' })).toMatchObject({ code: 0 });
        expect(await marks(outside)).toEqual(before);
        expect(await readdir(root)).toEqual(
          expect.arrayContaining([await dead('-', 'linked'), await dead('-', 'theirs')]),
        );
      });
      tally.none();
    },
    PER_TEST_MS,
  );

  test(
    'and holds a commit that was decided is not finished through a link',
    async () => {
      for (const folder of ['clients', 'clients/alice']) {
        await tally.attempt(`a commit, where ${folder} became a link`, async () => {
          const { root, directory, outside } = await scene('set');
          const left = join(directory, await dead());
          await mkdir(join(left, 'clients/alice'), { recursive: true });
          await writeFile(join(left, 'clients/alice/cert.pem'), 'new');
          const units = [folder === 'clients' ? 'clients/alice' : 'clients/alice/cert.pem'];
          await writeFile(join(left, '.journal'), JSON.stringify({ units, replaces: [] }));
          await mkdir(dirname(join(directory, folder)), { recursive: true });
          await symlink(outside, join(directory, folder));
          const before = await marks(outside);
          const error = await failure(root, () => all(options(directory)));
          expect(error).toMatchObject({ code: 'ERR_UNSAFE', path: join(directory, folder) });
          expect(await marks(outside)).toEqual(before);
        });
      }
      tally.none();
    },
    PER_TEST_MS,
  );
});

groupLeftToWhole('the checks of these tests', () => {
  test('see what is written, and what came and went', async () => {
    const { outside } = await scene('nothing');
    const before = await marks(outside);
    await mkdir(join(outside, 'transient'));
    await rm(join(outside, 'transient'), { recursive: true });
    expect(await marks(outside)).not.toEqual(before);
    const after = await marks(outside);
    await utimes(join(outside, 'precious'), 1, 1);
    expect(await marks(outside)).not.toEqual(after);
  });
});
