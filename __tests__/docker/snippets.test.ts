import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { daemonConfiguration, readCredentials, snippet, type SnippetName } from '../../lib/index.js';
import { dockerBuilds, startDockerd, type DockerBuild, type RunningDockerd } from '../support/dockerd.js';
import { rows } from '../support/form.js';
import { makeSet } from '../support/made-sets.js';
import { useSharedDirectory, useTemporaryDirectory } from '../support/temporary-directory.js';

/* Other snippets run in client.test.ts; those that need further tools in snippet-tools.whole.test.ts. */

const run = promisify(execFile);
const modules = fileURLToPath(new URL('../../node_modules', import.meta.url));
const [, build] = (await dockerBuilds()) as [DockerBuild, DockerBuild];
const shared = useSharedDirectory();
const temporary = useTemporaryDirectory();
/** A path with what has a meaning to shells, to CSV, to YAML and to GitHub. */
const set = (): string => join(shared(), `it's "my", $HOME: a\\b \${{ x }} ü`);

beforeAll(async () => {
  const hosts = ['127.0.0.1', '::1'];
  await makeSet({ hosts, key: 'ec:p256', passphrase: null, directory: set() });
});

describe.each(rows(['127.0.0.1', '::1'], 2, 1))('at %s', (host) => {
  let daemon: RunningDockerd;
  let env: Record<string, string>;
  const text = async (name: SnippetName): Promise<string> => {
    const address = host.includes(':') ? `[${host}]` : host;
    return (await snippet(name, { directory: set(), host: `${address}:${daemon.port}` })).text;
  };

  beforeAll(async () => {
    const server = await readCredentials('server', { directory: set() });
    const args = daemonConfiguration(server).arguments.filter((word) => word.startsWith('--tls'));
    daemon = await startDockerd(build, { args, host });
  }, 90_000);
  afterAll(async () => {
    await daemon.stop();
  }, 60_000);
  beforeEach(() => {
    env = { HOME: temporary(), PATH: `${dirname(build.docker)}:${process.env['PATH']}` };
  });

  test('the context of docker reaches the daemon', async () => {
    await writeFile(join(temporary(), 'piece.sh'), await text('docker'));
    const { stdout } = await run('sh', ['-e', 'piece.sh'], { cwd: temporary(), env });
    expect(stdout).toMatch(/Server:/);
  });

  test.each([
    ['node', /ApiVersion: '/],
    ['docker-modem', /ApiVersion: '/],
  ] as const)('%s gets an answer', async (name, answer) => {
    await symlink(modules, join(temporary(), 'node_modules'));
    await writeFile(join(temporary(), 'piece.mjs'), await text(name));
    const { stdout } = await run(process.execPath, ['piece.mjs'], { cwd: temporary(), env });
    expect(stdout).toMatch(answer);
  });

  test('the steps of GitHub Actions reach the daemon, and leave no key', async () => {
    interface Step {
      run: string;
      env?: Record<string, string>;
    }
    const source = await text('github-actions');
    const { jobs } = parse(source) as {
      jobs: { docker: { env: Record<string, string>; steps: [Step, Step, Step] } };
    };
    const [write, use, remove] = jobs.docker.steps;
    // What `gh secret set` reads is what the comments name.
    const files = [...source.matchAll(/^# {3}gh secret set (\w+) < (.*)$/gm)];
    const secrets = await Promise.all(
      files.map(async ([, name, word]) => [name, (await run('sh', ['-c', `cat < ${word}`])).stdout] as const),
    );
    const secret = Object.fromEntries(secrets) as Record<string, string>;
    const given = Object.entries(write.env ?? {}).map(([name, value]) => [
      name,
      value.replace(/^\$\{\{ secrets\.(\w+) \}\}$/, (_, of: string) => secret[of]!.trimEnd()),
    ]);
    const runner = {
      ...env,
      ...jobs.docker.env,
      RUNNER_TEMP: temporary(),
      GITHUB_ENV: join(temporary(), 'env'),
    };
    const step = (script: string, more: object = {}): Promise<{ stdout: string }> =>
      run('bash', ['-eo', 'pipefail', '-c', script], { cwd: temporary(), env: { ...runner, ...more } });
    await step(write.run, Object.fromEntries(given) as Record<string, string>);
    const { stdout } = await step(`. ./env; export DOCKER_CERT_PATH; ${use.run}`);
    expect(stdout).toMatch(/Server:/);
    const listed = await step('stat -c "%a %n" docker-certs docker-certs/*');
    expect(listed.stdout).toBe(
      '700 docker-certs\n600 docker-certs/ca.pem\n600 docker-certs/cert.pem\n600 docker-certs/key.pem\n',
    );
    await step(remove.run);
    expect((await step('ls')).stdout).toBe('env\n');
  });
});
