import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { all, recipes, type Issued, type IssueOptions, type RecipeSummary } from '../../lib/index.js';
import { TLS_PORT } from '../../lib/x509/endpoint.js';
import { tutorials } from '../../lib/internal.js';
import type { PairFiles } from '../../lib/set/layout.js';
import type { TutorialName } from '../../lib/recipes/catalogue.js';
import {
  docker,
  dockerBuilds,
  startDockerd,
  type DockerBuild,
  type RunningDockerd,
} from '../support/dockerd.js';
import { rows } from '../support/form.js';
import { useMadeRsaKeys } from '../support/rsa-keys.js';
import { useSharedDirectory, useTemporaryDirectory } from '../support/temporary-directory.js';
import { until } from '../support/until.js';

await useMadeRsaKeys();
const builds = await dockerBuilds();
const newest = builds.slice(-1);
const name = 'localhost';
const address = '127.0.0.1';
const called = [name, address];

/** Makes a set for all tests of a `describe`. */
function useSet(recipe: TutorialName, request: IssueOptions): () => Issued {
  const directory = useSharedDirectory();
  let set: Issued;
  beforeAll(async () => {
    set = await all({ passphrase: 'correct horse', ...request, recipe, directory: directory() });
  }, 90_000);
  return () => set;
}

/** Runs a daemon with the flags for TLS of the set's advice for all tests of a `describe`. */
function useDaemon(build: DockerBuild, set: () => Issued): () => RunningDockerd {
  let daemon: RunningDockerd;
  beforeAll(async () => {
    const { next, directory, files } = set();
    const args = next.daemon.flatMap((line) => line.match(/--tls[^\s"]+/g) ?? []);
    expect(args).toEqual(flags(directory, files.server));
    daemon = await startDockerd(build, { args });
  }, 90_000);
  afterAll(async () => {
    await daemon.stop();
  }, 60_000);
  return () => daemon;
}

/** With the CA's certificate that lies beside the pair. */
function flags(directory: string, { certificate, key }: PairFiles): string[] {
  return [
    '--tlsverify',
    `--tlscacert=${join(directory, dirname(certificate), 'ca.pem')}`,
    `--tlscert=${join(directory, certificate)}`,
    `--tlskey=${join(directory, key)}`,
  ];
}

/** `accepted`, or what docker prints from `x509: ` on, when the set's client calls the daemon by that host. */
async function verdict(
  build: DockerBuild,
  { directory, files }: Issued,
  { port }: RunningDockerd,
  host: string,
): Promise<string> {
  const args = [...flags(directory, files.client), `-H=${host}:${port}`, 'version'];
  const { code, stdout, stderr } = await docker(build, args);
  if (code === 0 && stderr === '' && /^Server:/m.test(stdout)) return 'accepted';
  const message = /x509: .*/.exec(stderr)?.[0];
  if (code === 0 || message === undefined) {
    throw new Error(`neither accepted nor refused: exit code ${code}\n${stdout}${stderr}`);
  }
  return message;
}

/** What `recipes()` would have to say. */
async function proved(build: DockerBuild, set: Issued, daemon: RunningDockerd): Promise<string | undefined> {
  const verdicts = await Promise.all(called.map((host) => verdict(build, set, daemon, host)));
  const accepted = called.filter((_, at) => verdicts[at] === 'accepted').join();
  return { [called.join()]: 'accepted', [address]: 'accepted by address', '': 'refused' }[accepted];
}

/** Runs the set's lines for the client in a shell and answers with what they print. */
async function runAdvice(
  build: DockerBuild,
  { next }: Issued,
  { port }: RunningDockerd,
  home: string,
): Promise<string> {
  await mkdir(join(home, '.docker'));
  // In a pipe, the exit code of what comes before it would be lost.
  const lines = next.client.map((line) =>
    line.replaceAll(`:${TLS_PORT}`, `:${port}`).replace(/ \| jq \.$/, ''),
  );
  const options = { cwd: home, env: { PATH: build.path, HOME: home }, timeout: 30_000 };
  return (await promisify(execFile)('/bin/sh', ['-ec', lines.join('\n')], options)).stdout;
}

function summary(recipe: TutorialName): RecipeSummary {
  return recipes().find(({ name }) => name === recipe)!;
}

function refusalNote({ notes }: Issued): string | undefined {
  return notes.find(({ code }) => code === 'REFUSED_BY_CLIENTS')?.text;
}

/** Of the builds one, by turns, in the short form: what a recipe without a refusal makes is accepted by all. */
const one = (at: number): DockerBuild[] => rows(builds, builds.length, at);

describe.each([
  ['docs', /^Server:/m, one(0)],
  ['katacoda', /^\{.*"ApiVersion":/m, one(1)],
] as const)('what the recipe %s makes', (recipe, answer, on) => {
  const set = useSet(recipe, { hosts: [name], ips: [address] });

  describe.each(on)('with $name', (build) => {
    const daemon = useDaemon(build, set);
    const home = useTemporaryDirectory();

    test.each(called)('is accepted by %s', async (host) => {
      expect(await verdict(build, set(), daemon(), host)).toBe('accepted');
    });

    test("is reached with the advice's own lines", async () => {
      expect(await runAdvice(build, set(), daemon(), home())).toMatch(answer);
    });

    test('refuses a client without a certificate', async () => {
      const said = daemon().log().length;
      const ca = join(set().directory, 'ca.pem');
      const args = ['--tlsverify', `--tlscacert=${ca}`, `-H=${name}:${daemon().port}`, 'version'];
      const { code, stdout } = await docker(build, args);
      expect(stdout).not.toMatch(/^Server:/m);
      expect(code).not.toBe(0);
      await until(() => Promise.resolve(daemon().log().includes('TLS handshake error', said)));
      expect(daemon().log().slice(said)).toMatch(/client didn't provide a certificate/);
    });

    test('is what recipes() says', async () => {
      expect(summary(recipe)).toMatchObject({ docker: await proved(build, set(), daemon()), note: null });
    });
  });

  test('has no note of a refusal', () => {
    expect(refusalNote(set())).toBeUndefined();
  });
});

const { training, 'docs-2014': docs2014, 'openssl-cnf': opensslCnf } = tutorials;

describe.each([
  {
    recipe: 'training',
    request: { hosts: [name] },
    on: one(0),
    byName: training.refusal?.byName(name),
    byAddress: training.refusal?.byAddress?.(address),
  },
  {
    recipe: 'docs-2014',
    request: { hosts: [name] },
    on: newest,
    byName: docs2014.refusal?.byName(name),
    byAddress: docs2014.refusal?.byAddress?.(address),
  },
  {
    recipe: 'openssl-cnf',
    request: { ips: [address] },
    on: one(1),
    byName: opensslCnf.refusal?.byName(name),
    byAddress: 'accepted',
  },
] as const)('what the recipe $recipe makes', ({ recipe, request, on, byName, byAddress }) => {
  const set = useSet(recipe, request);

  describe.each(on)('with $name', (build) => {
    const daemon = useDaemon(build, set);

    test.each([
      [name, byName],
      [address, byAddress],
    ])('is judged by %s: %s', async (host, expected) => {
      expect(await verdict(build, set(), daemon(), host)).toBe(expected);
    });

    test('has a note with the very words', async () => {
      const words = await verdict(build, set(), daemon(), name);
      expect(words).toMatch(/^x509: /);
      // Without a host name in the request, HOST stands for it.
      expect(refusalNote(set())).toContain('hosts' in request ? words : words.replace(name, 'HOST'));
      expect(summary(recipe).note).toContain(words.replace(name, 'HOST'));
    });

    test('is what recipes() says', async () => {
      expect(summary(recipe).docker).toBe(await proved(build, set(), daemon()));
    });
  });

  test('keeps to the text', () => {
    expect(set().departures).toEqual([]);
  });
});

describe.each(
  rows(
    [
      { recipe: 'training', request: { hosts: [name] }, on: one(0), answer: /^CONTAINER ID/m },
      { recipe: 'docs-2014', request: { hosts: [name] }, on: newest, answer: /^\[\]$/m },
      { recipe: 'openssl-cnf', request: { hosts: [name], ips: [address] }, on: one(1), answer: /^Server:/m },
    ] as const,
    2,
  ),
)('what the recipe $recipe makes with addSan', ({ recipe, request, on, answer }) => {
  const set = useSet(recipe, { ...request, addSan: true });

  describe.each(on)('with $name', (build) => {
    const daemon = useDaemon(build, set);
    const home = useTemporaryDirectory();

    test.each(called)('is accepted by %s', async (host) => {
      expect(await verdict(build, set(), daemon(), host)).toBe('accepted');
    });

    test("is reached with the advice's own lines", async () => {
      expect(await runAdvice(build, set(), daemon(), home())).toMatch(answer);
    });
  });

  test('departs from the text, and says so', () => {
    expect(set().departures).not.toEqual([]);
    expect(set().notes.map(({ code }) => code)).toContain('DEPARTS');
    expect(refusalNote(set())).toBeUndefined();
  });
});

describe('what the recipe training makes for an address', () => {
  const set = useSet('training', { ips: [address] });

  describe.each(newest)('with $name', (build) => {
    const daemon = useDaemon(build, set);

    test('is refused by it for its common name', async () => {
      const words = 'x509: certificate relies on legacy Common Name field, use SANs instead';
      expect(await verdict(build, set(), daemon(), address)).toBe(words);
    });

    test('has a note with the very words', async () => {
      expect(refusalNote(set())).toContain(await verdict(build, set(), daemon(), address));
    });
  });
});
