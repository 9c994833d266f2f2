import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { copyFile, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { all } from '../../lib/index.js';
import { dockerdLine } from '../../lib/recipes/advice.js';
import {
  docker,
  dockerBuilds,
  startDockerd,
  type DockerResult,
  type RunningDockerd,
} from '../support/dockerd.js';
import { rows } from '../support/form.js';
import { certificateSubject } from '../support/der.js';
import { useMadeRsaKeys } from '../support/rsa-keys.js';
import { useSharedDirectory } from '../support/temporary-directory.js';
import { until } from '../support/until.js';

await useMadeRsaKeys();
const builds = await dockerBuilds();

/**
 * What a client hears whose certificate the daemon does not take. Its words depend on Go and on the TLS version; with
 * TLS 1.3 its request may be under way already, and then the alert can get lost with the connection.
 */
const refusedByDaemon =
  /remote error: tls: (bad certificate|certificate required|unknown certificate)|connection reset by peer|broken pipe/;

/** The flags for TLS of the line that the user is advised to run. */
function advisedFlags(directory: string): string[] {
  return dockerdLine(directory)
    .split(' ')
    .filter((word) => word.startsWith('--tls'));
}

/** In the short form each daemon and each client with one kind of keys, and with one build of the other. */
describe.each([
  ['ec:p256', 0],
  ['rsa:2048', 1],
] as const)('with keys of kind %s', (key, kind) => {
  const shared = useSharedDirectory();
  const at = (...names: string[]): string => join(shared(), ...names);

  beforeAll(async () => {
    const options = { key, passphrase: null, localhost: false };
    // As the CAs of two sets are named by their serials, the same randomness gives two CAs of one name.
    const random = (size: number): Uint8Array => new Uint8Array(size).fill(7);
    await all({ ...options, random, directory: at('ours'), hosts: ['127.0.0.1', 'localhost'] });
    await all({ ...options, directory: at('others'), hosts: ['127.0.0.1'] });
    await all({ ...options, random, directory: at('namesakes'), hosts: ['127.0.0.1'] });
    await mkdir(at('server-as-client'));
    for (const [from, to] of [
      ['ca.pem', 'ca.pem'],
      ['server-cert.pem', 'cert.pem'],
      ['server-key.pem', 'key.pem'],
    ] as const) {
      await copyFile(at('ours', from), at('server-as-client', to));
    }
  });

  describe.each(rows(builds, 2))('the daemon of $name', (build) => {
    const clis = rows(builds, 2, kind + builds.indexOf(build));
    let daemon: RunningDockerd;

    beforeAll(async () => {
      const args = advisedFlags(at('ours'));
      expect(args).toHaveLength(4);
      daemon = await startDockerd(build, { args, host: '0.0.0.0' });
    }, 90_000);
    afterAll(async () => {
      await daemon.stop();
    }, 60_000);

    describe.each(clis)('for the client of $name', (cli) => {
      /** `docker version` with a set's CA, the certificate in `client` and the host that is given. */
      const version = (client: string | undefined, host = '127.0.0.1', ca = 'ours'): Promise<DockerResult> =>
        docker(cli, [
          ...['--tlsverify', `--tlscacert=${at(ca, 'ca.pem')}`, `--host=tcp://${host}:${daemon.port}`],
          ...(client === undefined
            ? []
            : [`--tlscert=${at(client, 'cert.pem')}`, `--tlskey=${at(client, 'key.pem')}`]),
          'version',
        ]);

      test.each(['127.0.0.1', 'localhost'])("answers to the client's files at %s", async (host) => {
        const { code, stdout, stderr } = await version('ours', host);
        expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
        expect(stdout).toMatch(/^Server:/m);
      });

      test("answers to the client's directory in the environment", async () => {
        const { code, stdout } = await docker(cli, ['version'], {
          DOCKER_HOST: `tcp://127.0.0.1:${daemon.port}`,
          DOCKER_TLS_VERIFY: '1',
          DOCKER_CERT_PATH: at('ours'),
        });
        expect(code).toBe(0);
        expect(stdout).toMatch(/^Server:/m);
      });

      test.each(
        rows(
          [
            ['no certificate', undefined, /client didn't provide a certificate/],
            // The daemon names its CA, and the client keeps a certificate of another one to itself.
            ['a certificate of another CA', 'others', /client didn't provide a certificate/],
            [
              'a certificate of a CA of the same name',
              'namesakes',
              /certificate signed by unknown authority/,
            ],
            [
              "the server's certificate",
              'server-as-client',
              /certificate specifies an incompatible key usage/,
            ],
          ],
          2,
          1,
        ),
      )('refuses a client with %s', async (_, client, reason) => {
        const said = daemon.log().length;
        const { code, stdout, stderr } = await version(client);
        expect(stderr).toMatch(refusedByDaemon);
        expect(stdout).not.toMatch(/^Server:/m);
        expect(code).not.toBe(0);
        await until(() => Promise.resolve(daemon.log().includes('TLS handshake error', said)));
        expect(daemon.log().slice(said)).toMatch(reason);
      });

      test('refuses to speak without TLS', async () => {
        const { code, stderr } = await docker(cli, ['--host', `tcp://127.0.0.1:${daemon.port}`, 'version']);
        expect(stderr).toMatch(/Client sent an HTTP request to an HTTPS server/);
        expect(code).not.toBe(0);
      });

      test('is refused at an address that is not in its certificate', async () => {
        const { code, stderr } = await version('ours', '127.0.0.2');
        expect(stderr).toMatch(/x509: certificate is valid for 127\.0\.0\.1, not 127\.0\.0\.2/);
        expect(code).not.toBe(0);
      });

      test.each(['others', 'namesakes'])(
        'is refused by who trusts another CA: that of the %s',
        async (ca) => {
          const { code, stderr } = await version('ours', '127.0.0.1', ca);
          expect(stderr).toMatch(/x509: certificate signed by unknown authority/);
          expect(code).not.toBe(0);
        },
      );
    });
  });

  test('the two CAs of one name are two', async () => {
    const [ours, namesakes] = await Promise.all(
      ['ours', 'namesakes'].map((set) => readFile(at(set, 'ca.pem'), 'utf8')),
    );
    expect(certificateSubject(ours!)).toEqual(certificateSubject(namesakes!));
    expect(ours).not.toBe(namesakes);
  });
});
