import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { X509Certificate } from 'node:crypto';
import { cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { all, renew, renewCa } from '../../lib/index.js';
import { docker, dockerBuilds, startDockerd, type RunningDockerd } from '../support/dockerd.js';
import { rows } from '../support/form.js';
import { useSharedDirectory } from '../support/temporary-directory.js';

const builds = await dockerBuilds();
const shared = useSharedDirectory();

/** The stages of a roll-over, in the order in which hosts and clients come to them; before it, the ways of renewing. */
const stages = ['made', 'renewed', 'ca-renewed', 'both-trusted', 'of-the-new-ca', 'finished'] as const;
type Stage = (typeof stages)[number];
const at = (stage: Stage): string => join(shared(), stage);

beforeAll(async () => {
  await all({ directory: at('made'), hosts: ['localhost'], key: 'ec:p256', passphrase: 'correct horse' });
  const next = async (
    from: Stage,
    to: Stage,
    change: (directory: string) => Promise<unknown>,
  ): Promise<void> => {
    await cp(at(from), at(to), { recursive: true });
    await change(at(to));
  };
  const passphrase = 'correct horse';
  await next('made', 'renewed', (directory) => renew({ directory, all: true, newKey: true, passphrase }));
  await next('renewed', 'ca-renewed', (directory) => renewCa({ directory, passphrase }));
  await next('ca-renewed', 'both-trusted', (directory) => renewCa({ directory, newKey: true, passphrase }));
  await next('both-trusted', 'of-the-new-ca', (directory) => renew({ directory, all: true, passphrase }));
  await next('of-the-new-ca', 'finished', (directory) => renewCa({ directory, finish: true }));
}, 60_000);

describe.each(builds.map((build, at) => [build.name, build, at] as const))('%s', (_, build, number) => {
  // In the short form each stage with one build.
  describe.each(rows(stages, 2, number))('a daemon that was started anew with what is %s', (stage) => {
    let daemon: RunningDockerd;
    beforeAll(async () => {
      const file = (name: string): string => join(at(stage), name);
      daemon = await startDockerd(build, {
        args: [
          '--tlsverify',
          `--tlscacert=${file('ca.pem')}`,
          `--tlscert=${file('server-cert.pem')}`,
          `--tlskey=${file('server-key.pem')}`,
        ],
      });
    }, 90_000);
    afterAll(async () => {
      await daemon.stop();
    }, 60_000);

    const call = async (client: Stage) => {
      const flags = ['ca', 'cert', 'key'].map(
        (name) => `--tls${name === 'ca' ? 'cacert' : name}=${join(at(client), `${name}.pem`)}`,
      );
      return docker(build, ['--tlsverify', ...flags, '-H', `tcp://localhost:${daemon.port}`, 'version']);
    };

    const place = stages.indexOf(stage);
    // The order of a roll-over: nobody is more than a stage ahead of the others. Before it, everybody works with everybody.
    const before = (client: Stage): boolean => stages.indexOf(client) <= 3 && place <= 3;
    const works = stages.filter((client) => before(client) || Math.abs(stages.indexOf(client) - place) <= 1);
    const fails = stages.filter(
      (client) => client !== stage && !works.includes(client) && (client === 'made' || stage === 'made'),
    );

    test.each(works.map((client) => [client]))('serves a client of what is %s', async (client) => {
      expect(await call(client)).toMatchObject({ code: 0 });
    });

    if (fails.length > 0)
      test.each(fails.map((client) => [client]))(
        'and not one that has skipped stages: %s',
        async (client) => {
          expect((await call(client)).code).not.toBe(0);
        },
      );
  });
});

test('the stages are what they say', async () => {
  const serial = async (stage: Stage, name: string): Promise<string> =>
    new X509Certificate(await readFile(join(at(stage), name))).serialNumber;
  for (const [one, other, name] of [
    ['made', 'renewed', 'server-cert.pem'],
    ['renewed', 'ca-renewed', 'ca.pem'],
    ['ca-renewed', 'both-trusted', 'ca.pem'],
    ['both-trusted', 'of-the-new-ca', 'cert.pem'],
  ] as const)
    expect(await serial(one, name)).not.toBe(await serial(other, name));
});
