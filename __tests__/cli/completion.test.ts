import { beforeAll, describe, expect, test } from '@jest/globals';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { scriptOf, useCompletingShells, type Shell } from '../support/completing-shells.js';
import { helps } from '../support/helps.js';
import { useOneProcess } from '../support/one-process.js';
import { useSharedDirectory, useTemporaryDirectory } from '../support/temporary-directory.js';

const temporary = useTemporaryDirectory();
const shared = useSharedDirectory();
const { succeeds, refuses } = useOneProcess();
const shells = useCompletingShells();

/** Names that a shell would run or split, and that `--name` does not take. */
const hostile = ['$(touch run)', '`touch run`', "it's", 'two words', 'new\nline', '-rf', 'Upper', '*'];

beforeAll(async () => {
  const folders = [
    ...['alice', 'bob.x', ...hostile].map((name) => join('docker-tls/clients', name)),
    ...['web1', ...hostile].map((name) => join('docker-tls/servers', name)),
    ...['my certs', "o'clock", 'a:b'].map((name) => join(name, 'clients', 'dave')),
    'in-home/clients/erin',
  ];
  for (const folder of folders) await mkdir(join(shared(), folder), { recursive: true });
  await writeFile(join(shared(), 'docker-tls/clients/file'), '');
  await writeFile(join(shared(), 'only.pem'), '');
});

/** A home whose docker has these contexts. */
async function homeWithContexts(): Promise<string> {
  const home = temporary();
  for (const [at, name] of ['remote', 'rescue', '$(touch run)', 'a\\" b', 'new\\nline'].entries()) {
    const folder = join(home, '.docker/contexts/meta', String(at));
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'meta.json'), `{"Name":"${name}","Metadata":{},"Endpoints":{}}`);
  }
  await mkdir(join(home, 'certs/clients/frank'), { recursive: true });
  return home;
}

const names = ['alice', 'bob.x'];
/** What each line is completed with. */
const lines: readonly (readonly [line: string, words: readonly string[]])[] = [
  // Commands.
  ['fl', ['fleet']],
  ['re', ['recipes', 'renew', 'revoke']],
  ['fleet c', ['cloud-init', 'csr']],
  ['fleet roll-over ', ['abort', 'next', 'start', 'status']],
  ['install ', ['client', 'daemon']],
  ['renew c', ['ca', 'client']],
  ['completion ', ['bash', 'fish', 'zsh']],
  // Flags.
  ['all --rec', ['--recipe']],
  ['all example.com --key rsa:2048 --no-p', ['--no-passphrase']],
  ['fleet plan --i', ['--ignore-window']],
  ['renew --fin', []],
  ['renew ca --fin', ['--finish']],
  ['step verify --x', ['--x509_strict']],
  // Values.
  ['all --recipe ', ['docs', 'docs-2014', 'katacoda', 'openssl-cnf', 'recommended', 'training']],
  ['all --recipe=do', ['docs', 'docs-2014']],
  ['all --key ec:p2', ['p256']],
  ['all --key=ec:p2', ['p256']],
  ['status --format ', ['json', 'nagios', 'prometheus', 'table']],
  ['daemon --for ', ['docker', 'podman']],
  ['bundle alice --layout d', ['dind', 'docker']],
  ['revoke alice --reason key', ['keyCompromise']],
  ['snippet ngi', ['nginx']],
  ['renew ca --role ', ['client', 'server']],
  ['all --days ', []],
  // Files and directories.
  ['sign on', ['only.pem']],
  ['env --dir in-h', ['in-home']],
  ['env --dir on', []],
  // Names.
  ['env --name ', names],
  ['env --name=a', ['alice']],
  ['install daemon --name ', ['web1']],
  ['revoke ', [...names, 'web1']],
  ["env --dir 'my certs' --name ", ['dave']],
  [String.raw`env --dir my\ certs --name `, ['dave']],
  ['env --dir="o\'clock" --name ', ['dave']],
  ['env --dir a:b --name ', ['dave']],
  ['env --dir ~/certs --name ', ['frank']],
  ['env --dir none --name ', []],
  ["env --dir '$(touch run)' --name ", []],
  // Contexts.
  ['context ', ['remote', 'rescue']],
  ['context rem', ['remote']],
];

test.each(Object.keys(shells) as Shell[])('%s completes commands, flags, values and names', async (shell) => {
  const typed = lines.map(([line]) => `docker-tls-openssl ${line}`);
  const completed = await shells[shell](shared(), await homeWithContexts(), typed);
  const told = completed.map((words, at) => [lines[at]![0], words.map((word) => word.replace(/\/$/, ''))]);
  expect(told).toEqual(lines.map(([line, words]) => [line, words]));
  expect(await readdir(shared())).not.toContain('run');
});

describe('every command and flag of the help is in the script of', () => {
  const without = (command: string): string => command.replaceAll(' ', '_').replaceAll('-', '_');

  test.each<[shell: 'bash' | 'zsh' | 'fish', flagsIn: (text: string, command: string) => string[]]>([
    [
      'bash',
      (text, command) => {
        const [, flags] = new RegExp(`^    '${command}'\\)\n      flags='(.*)'$`, 'm').exec(text)!;
        return flags!.split(' ');
      },
    ],
    [
      'zsh',
      (text, command) => {
        const start = text.indexOf(`\n_docker_tls_openssl_${without(command)}() {`);
        const body = text.slice(start, text.indexOf('\n}\n', start));
        return [...body.matchAll(/(?:^    '\*?|[{,])(--?[\w-]+)/gm)].map(([, flag]) => flag!);
      },
    ],
    [
      'fish',
      (text, command) => {
        const at = `^complete .* -n '__docker_tls_openssl_at ${command}(?:; .*)?' -l ([\\w-]+)(?: -s (\\w))?`;
        return [...text.matchAll(new RegExp(at, 'gm'))].flatMap(([, flag, letter]) =>
          letter === undefined ? [`--${flag!}`] : [`--${flag!}`, `-${letter}`],
        );
      },
    ],
  ])('%s', (shell, flagsIn) => {
    const text = scriptOf(shell);
    expect(helps.length).toBeGreaterThan(50);
    for (const { command, flags } of helps)
      expect([command, flagsIn(text, command).sort()]).toEqual([command, [...flags].sort()]);
  });
});

describe('completion', () => {
  test.each(['bash', 'zsh', 'fish'] as const)('prints the script for %s', async (shell) => {
    const { stdout, stderr } = await succeeds(temporary(), ['completion', shell]);
    expect({ stdout, stderr }).toEqual({ stdout: scriptOf(shell), stderr: '' });
  });

  test('of another shell is refused, with those that there are', async () => {
    const said = await refuses(temporary(), 2, ['completion', 'tcsh']);
    expect(said).toContain('"bash", "zsh", "fish"');
  });
});
