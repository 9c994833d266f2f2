import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { copyFile, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as library from '../../lib/index.js';
import { leftToWhole, rows } from '../support/form.js';
import { useOneProcess } from '../support/one-process.js';
import { useMadeRsaKeys } from '../support/rsa-keys.js';
import { useSharedDirectory } from '../support/temporary-directory.js';
import { modes } from '../support/tree.js';

/** A compiler of TypeScript and npm are at work here. */
jest.setTimeout(600_000);

await useMadeRsaKeys();
const root = fileURLToPath(new URL('../..', import.meta.url));
if (!existsSync(join(root, 'dist')))
  throw new Error('dist is not there: build it first, with `npm run build`');

/** The programs of `examples/`, which are checked as a user would. */
const examples = readdirSync(join(root, 'examples')).filter((file) => file.endsWith('.mjs'));

const shared = useSharedDirectory();
const oneProcess = useOneProcess();
const project = (): string => join(shared(), 'project');
const installed = (): string => join(project(), 'node_modules', 'docker-tls-openssl');
const bin = (): string => join(project(), 'node_modules', '.bin');
let tarball = '';
let packed: readonly string[] = [];

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function run(cwd: string, file: string, args: readonly string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(file, args, { cwd, env: { ...process.env, NO_COLOR: '1' } }, (error, stdout, stderr) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : error ? 1 : 0, stdout, stderr }),
    );
  });
}

async function succeeds(cwd: string, file: string, args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await run(cwd, file, args);
  if (code !== 0) throw new Error(`${file} ${args.join(' ')} exited with ${code}: ${stderr}${stdout}`);
  return stdout;
}

/** Runs a script in the project that has installed the package. */
async function script(name: string, text: string): Promise<string> {
  await writeFile(join(project(), name), text);
  return succeeds(project(), process.execPath, [name]);
}

/** A block of code of the README. */
async function block(language: string, nth = 0): Promise<string> {
  const readme = await readFile(join(root, 'README.md'), 'utf8');
  const blocks = [...readme.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)];
  return blocks.filter(([, kind]) => kind === language)[nth]![2]!;
}

beforeAll(async () => {
  const pack = ['pack', '--ignore-scripts', '--json', '--pack-destination', shared()];
  const [made] = JSON.parse(await succeeds(root, 'npm', pack)) as [
    { filename: string; files: { path: string }[] },
  ];
  tarball = join(shared(), made.filename);
  packed = made.files.map(({ path }) => path);
  await mkdir(project());
  await writeFile(join(project(), 'package.json'), '{ "name": "project", "private": true }');
  await succeeds(project(), 'npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', tarball]);
});

describe('the tarball', () => {
  test('holds dist, templates, examples and the texts about them, and nothing else', () => {
    const kinds = [...new Set(packed.map((path) => path.split('/', 1)[0]))].sort();
    expect(kinds).toEqual([
      'CHANGELOG.md',
      'CONTRIBUTING.md',
      'LICENSE',
      'README.md',
      'SECURITY.md',
      'dist',
      'docs',
      'examples',
      'package.json',
      'schema',
      'templates',
    ]);
    const isOurs = /^docs\/reference\/|^dist\/lib\/testing\.(js|d\.ts)$|^examples\/.*\.test\.mjs$/; // for the tests of others
    const parts = packed.filter((path) => !isOurs.test(path));
    expect(parts.filter((path) => /test|\.map$|(?<!\.d)\.ts$/.test(path))).toEqual([]);
  });

  test('holds every template', async () => {
    const files = await readdir(join(root, 'templates'), { recursive: true, withFileTypes: true });
    const paths = files
      .filter((file) => file.isFile())
      .map((file) => relative(root, join(file.parentPath, file.name)));
    expect(paths.length).toBeGreaterThan(0);
    expect(packed).toEqual(expect.arrayContaining(paths));
  });

  test('holds every page that another page links to', async () => {
    const pages = packed.filter((path) => path.endsWith('.md'));
    const missing = [];
    for (const page of pages) {
      const text = await readFile(join(root, page), 'utf8');
      for (const [, link] of text.matchAll(/\]\((?!https?:|#)([^)#]+)(?:#[^)]*)?\)/g)) {
        const path = join(dirname(page), link!);
        if (!packed.some((one) => one === path || one.startsWith(`${path}/`)))
          missing.push(`${page}: ${link!}`);
      }
    }
    expect(missing).toEqual([]);
  });

  test('holds the licences of what is bundled', async () => {
    const text = await readFile(join(installed(), 'dist', 'THIRD-PARTY.txt'), 'utf8');
    for (const name of [
      'jsonc-parser',
      'yargs',
      'listr2',
      '@inquirer/password',
      '@inquirer/confirm',
      '@inquirer/select',
      '@inquirer/input',
      'picocolors',
    ])
      expect(text).toContain(`\n${name} `);
  });

  test('has the library and its help for tests as one module each, with types', () => {
    const modules = packed.filter((path) => /^dist\/lib\/.*\.js$/.test(path));
    expect(modules).toEqual(['dist/lib/index.js', 'dist/lib/testing.js']);
    expect(packed.filter((path) => path.includes('internal'))).toEqual([]);
    expect(packed).toEqual(expect.arrayContaining(modules.map((path) => path.replace(/\.js$/, '.d.ts'))));
  });
});

describe('the installed package', () => {
  test('brings no more packages with it than the library needs', async () => {
    const { dependencies } = JSON.parse(await readFile(join(installed(), 'package.json'), 'utf8')) as {
      dependencies: Record<string, string>;
    };
    expect(Object.keys(dependencies)).toEqual([
      '@dagrejs/dagre',
      'execa',
      'mustache',
      'nanotar',
      'tmp-promise',
      'yaml',
    ]);
    for (const name of ['yargs', 'listr2', 'picocolors', 'jsonc-parser'])
      expect(existsSync(join(project(), 'node_modules', name))).toBe(false);
  });

  test('can be imported, and exports what lib/index.ts does', async () => {
    const text = "import * as all from 'docker-tls-openssl'; console.log(JSON.stringify(Object.keys(all)));";
    expect((JSON.parse(await script('names.mjs', text)) as string[]).sort()).toEqual(
      Object.keys(library).sort(),
    );
  });

  test('has one class of each error, whichever export throws it', async () => {
    const text = `
      import { DirectoryError } from 'docker-tls-openssl';
      import { startDockerd } from 'docker-tls-openssl/testing';
      await startDockerd({ tls: { directory: 'none' } }).catch((error) => console.log(error instanceof DirectoryError));`;
    expect(await script('testing.mjs', text)).toBe('true\n');
  });

  test('makes a set when it is imported', async () => {
    const text = `
      import { all } from 'docker-tls-openssl';
      const { made } = await all({ directory: 'esm', hosts: ['docker.example'], key: 'ec:p256', passphrase: null });
      console.log(made.length);`;
    expect(await script('make.mjs', text)).toBe('6\n');
    expect(Object.keys(await modes(join(project(), 'esm')))).toHaveLength(7);
  });

  test('makes a set when it is required', async () => {
    const text = `
      const { all, DockerTlsError } = require('docker-tls-openssl');
      all({ directory: 'cjs', hosts: ['docker.example'], key: 'ec:p256', passphrase: null })
        .then(({ made }) => all({ directory: 'cjs', hosts: ['other.example'] })
          .catch((error) => console.log(made.length, error instanceof DockerTlsError, error.code)));`;
    expect(await script('make.cjs', text)).toBe('6 true ERR_DIFFERS\n');
  });

  test('gives its package.json and its schemas, and no file of its inside', async () => {
    const text = `
      const { version } = require('docker-tls-openssl/package.json');
      const { code } = (() => { try { return require('docker-tls-openssl/dist/lib/errors.js'); } catch (error) { return error; } })();
      const { title } = require('docker-tls-openssl/schema/fleet.json');
      const { $id } = require('docker-tls-openssl/schema/json/renew-ca.json');
      console.log(version, title, $id, code);`;
    const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
    expect(await script('inside.cjs', text)).toBe(
      `${version} Fleet file of docker-tls-openssl renew-ca.json ERR_PACKAGE_PATH_NOT_EXPORTED\n`,
    );
  });

  test('runs through npx', async () => {
    const npx = ['--no-install', 'docker-tls-openssl'];
    const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
    expect(await succeeds(project(), 'npx', [...npx, '--version'])).toBe(`${version}\n`);
    const all = ['all', '--host', 'docker.example', '--key', 'ec:p256', '--no-passphrase', '--dir', 'npx'];
    expect(await succeeds(project(), 'npx', [...npx, ...all])).toMatch(/^Created in /);
    expect(Object.keys(await modes(join(project(), 'npx')))).toHaveLength(7);
    expect((await run(project(), 'npx', [...npx, 'nonsense'])).code).toBe(2);
  });

  test('has a program that can be run', async () => {
    const { mode } = await stat(join(installed(), 'dist', 'cli', 'main.cjs'));
    expect(mode & 0o111).toBe(0o111);
  });
});

describe('TypeScript', () => {
  test.each<[module: string, files: readonly string[]]>(
    rows(
      [
        ['NodeNext', ['use.mts', 'use.cts', 'example.mts', ...examples]],
        ['preserve', ['use.mts']],
      ],
      2,
    ),
  )('compiles a strict user of the API with module %s in %j', async (module, files) => {
    const folder = join(project(), module);
    await mkdir(folder);
    for (const file of files)
      if (examples.includes(file)) await copyFile(join(installed(), 'examples', file), join(folder, file));
      else await writeFile(join(folder, file), file === 'example.mts' ? await block('ts') : user);
    const config = {
      compilerOptions: {
        module,
        ...(module === 'preserve' ? { moduleResolution: 'bundler' } : {}),
        target: 'ES2022',
        lib: ['ES2023'], // not the DOM, which takes half of the time
        strict: true,
        allowJs: true,
        checkJs: true,
        outDir: 'compiled',
        exactOptionalPropertyTypes: true,
        skipLibCheck: false,
        types: ['node'],
        typeRoots: [join(root, 'node_modules', '@types')],
      },
      files,
    };
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(config));
    const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
    expect(await run(folder, process.execPath, [tsc, '-p', '.'])).toMatchObject({ code: 0, stdout: '' });
  });
});

const user = `
import { all, genrsa, InputError, DockerTlsError, Passphrase, planLines, previewIssue } from 'docker-tls-openssl';
import type { Issued, StepEvent, ErrorCode } from 'docker-tls-openssl';

export async function provision(hosts: readonly string[]): Promise<Issued | ErrorCode> {
  const observer = (event: StepEvent): void => {
    if (event.type === 'done') console.log(event.step.kind, event.ms.toFixed(1));
  };
  try {
    const { plan } = await previewIssue(['ca', 'server', 'client'], { hosts });
    console.log(planLines(plan).join('\\n'));
    await genrsa({ out: 'key.pem', bits: 2048, passout: Passphrase.of('correct horse') });
    return await all({ hosts, key: 'ec:p256', passphrase: null, observer });
  } catch (error) {
    if (error instanceof InputError) console.error(error.option);
    if (error instanceof DockerTlsError) return error.code;
    throw error;
  }
}
`;

describe('the README', () => {
  test('has an example of the library that compiles and does what it says', async () => {
    // It was compiled above, and more strictly than a reader would.
    const compiled = join(project(), 'NodeNext', 'compiled');
    const stdout = await succeeds(compiled, process.execPath, ['example.mjs']);
    expect(stdout).toMatch(/^openssl genpkey .*\n(openssl .*\n)+\[/);
    expect(stdout).toContain('DNS:docker.example.com, IP Address:10.0.0.5');
    expect(stdout).toContain('ERR_PASSPHRASE_WRONG');
    const made = Object.keys(await modes(compiled));
    expect(made).toEqual(expect.arrayContaining(['spare.pem', 'docker-tls/clients/alice/key.pem']));
  });

  test('shows the output that the program prints', async () => {
    const session = [
      'all',
      '--host',
      'docker.example.com',
      '--ip',
      '10.0.0.5',
      '--no-passphrase',
      '--dir',
      'srv',
    ];
    // npx itself is tried above.
    const stdout = await succeeds(project(), join(bin(), 'docker-tls-openssl'), session);
    const shown = stdout
      .replaceAll(join(project(), 'srv'), '/srv/docker-tls')
      .replace(/(the CA, valid until )[-\d]{10}/, '$12036-11-19')
      .replaceAll(/(; valid until )[-\d]{10}/g, '$12027-11-22');
    expect(await block('')).toBe(shown);
  });

  test('installs the package that npm pack writes', async () => {
    expect(await block('sh')).toContain(`npm install ./${tarball.slice(shared().length + 1)}\n`);
  });

  test('has commands that run, one after another, in one directory', async () => {
    const more = join(project(), 'more');
    await mkdir(more);
    await writeFile(join(project(), 'passphrase'), 'correct horse\n');
    const commands = [1, 2, 5].map((nth) => block('sh', nth));
    const lines = (await Promise.all(commands)).join('').split('\n');
    const typedLines = lines.filter((line) => line.includes('npx docker-tls-openssl'));
    expect(typedLines.length).toBeGreaterThan(18);
    for (const line of typedLines) {
      const typed = line.replace(/ +# .*$/, '');
      const asks = /openssl (all|server|client|sign) /.test(typed);
      await readmeLine(more, asks ? `${typed} --passphrase-file ../passphrase` : typed);
    }
    expect(await readFile(join(more, 'make-certificates.sh'), 'utf8')).toMatch(/^#!\/bin\/sh\n/);

    // Four hosts wait for CSRs, so that a plan ends with 2, and nobody listens at their names.
    const fleet = join(project(), 'fleet');
    await mkdir(fleet);
    await writeFile(join(fleet, 'docker-tls.yaml'), await block('yaml'));
    for (const [line, code] of [
      ['fleet plan', 2],
      ['fleet apply --passphrase-file ../passphrase', 0],
      ['fleet plan', 2],
      ['fleet ansible rollout', 0],
      ['fleet status --offline', 3],
    ] as const)
      expect((await run(fleet, join(bin(), 'docker-tls-openssl'), line.split(' '))).code).toBe(code);
    for (const line of (await block('sh', 6)).trim().split('\n'))
      expect(line).toMatch(/^npx docker-tls-openssl fleet (plan|apply|ansible rollout|status) +#/);
    expect(await readdir(join(fleet, 'rollout'))).toContain('site.yml');

    // What the other two machines do with the archives, but for installing, restarting and calling the daemon.
    const host = join(project(), 'host');
    const client = join(project(), 'client');
    for (const [folder, archive] of [
      [host, 'server.tar.gz'],
      [client, 'alice.tar.gz'],
    ] as const) {
      await mkdir(join(folder, 'etc'), { recursive: true });
      await copyFile(join(more, archive), join(folder, archive));
    }
    for (const line of (await block('sh', 3)).split('\n').filter((one) => !one.includes('npm')))
      await readmeLine(
        host,
        line
          .replaceAll('sudo ', '')
          .replaceAll('/root/docker-tls', join(host, 'root'))
          .replace(/ +# .*$/, '')
          .replace(/^(docker-tls-openssl .*?)( --restart)?$/, `$1 --root ${host}`),
      );
    const installed = await readdir(join(host, 'etc', 'docker', 'tls'));
    expect(installed).toEqual(expect.arrayContaining(['ca.pem', 'server-cert.pem', 'server-key.pem']));
    for (const line of (await block('sh', 4)).split('\n').filter((one) => !/^(npm|docker)|connect/.test(one)))
      await readmeLine(client, line);
    await readmeLine(client, 'docker-tls-openssl install client --apply');
    expect((await readdir(join(client, '.docker'))).sort()).toEqual(['ca.pem', 'cert.pem', 'key.pem']);
  });
});

/**
 * Runs a line of the README; npx itself is tried above, and takes longer than the commands. What needs no shell runs in one
 * process.
 */
async function readmeLine(folder: string, line: string): Promise<void> {
  const [, words] = /^(?:npx )?docker-tls-openssl ([-\w .:/]+)$/.exec(line) ?? [];
  if (words !== undefined) {
    await oneProcess.succeeds(folder, words.trim().split(/ +/), { env: { HOME: folder } });
    return;
  }
  const text = `PATH="$1:$PATH"; HOME="$2"; export HOME; ${line.replaceAll('npx ', '')}`;
  await succeeds(folder, 'sh', ['-c', text, 'sh', bin(), folder]);
}

describe('publint and Are the types wrong', () => {
  test('find nothing to complain about in the tarball', async () => {
    const publint = join(root, 'node_modules', '.bin', 'publint');
    expect(await run(root, publint, ['run', tarball, '--strict'])).toMatchObject({ code: 0 });
  });

  // It resolves and reads the package in each of the ways that TypeScript has; the gate compiles users of it.
  leftToWhole('agree on the types, for a package that is ESM only', async () => {
    const attw = join(root, 'node_modules', '.bin', 'attw');
    expect(await run(root, attw, [tarball, '--profile', 'esm-only'])).toMatchObject({ code: 0 });
  });
});
