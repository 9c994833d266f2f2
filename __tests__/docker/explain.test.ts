import { afterAll, describe, expect, test } from '@jest/globals';
import { join } from 'node:path';
import { explain, type Explanation } from '../../lib/index.js';
import type { ClientId } from '../../lib/judge/clients.js';
import type { ClientVerdict } from '../../lib/report/explain.js';
import { dockerBuilds } from '../support/dockerd.js';
import { whole } from '../support/form.js';
import { makeFlawedSet } from '../support/flawed-sets.js';
import { serverVariants, type Variant } from '../support/flawed-variants.js';
import { useSharedDirectory } from '../support/temporary-directory.js';
import {
  askCurl,
  askDocker,
  askGnutls,
  askNode,
  askNss,
  askOpenssl,
  forgetNss,
  startBoringssl,
  startJava,
  startPython,
  startRustls,
  startTlsServer,
  type Answer,
  type Call,
} from '../support/tls-clients.js';

const [oldest, newest] = await dockerBuilds();
const shared = useSharedDirectory();

const python = startPython();
const java = startJava();
const rustls = startRustls();
const boringssl = startBoringssl();

afterAll(async () => {
  for (const client of [python, java, rustls, boringssl]) client.stop();
  await forgetNss();
});

/** Every client; docker in both builds. */
const asked: readonly (readonly [ClientId, (call: Call) => Promise<Answer>])[] = [
  ['docker', (call) => askDocker(oldest!, call)],
  // As a docker that is built with its Go's own defaults.
  ['docker', (call) => askDocker(newest!, call, { GODEBUG: 'x509negativeserial=0' })],
  ['python', (call) => python.ask(call, 'python')],
  ['python-3.13', (call) => python.ask(call, 'python-3.13')],
  ['node', askNode],
  ['curl', askCurl],
  ['gnutls', askGnutls],
  ['nss', askNss],
  ['java', java.ask],
  ['rustls', rustls.ask],
  ['boringssl', boringssl.ask],
  ['openssl', (call) => askOpenssl(call, false)],
  ['openssl-strict', (call) => askOpenssl(call, true)],
];

function verdictOf({ certificates }: Explanation, client: ClientId): ClientVerdict {
  return certificates[0]!.verdicts.find((verdict) => verdict.client === client)!;
}

/**
 * Whether what a client printed is what is told of it: openssl prints all its reasons, the others the first. Versions may
 * differ where the table says that they do.
 */
function agrees({ client, says }: ClientVerdict, answer: Answer): boolean {
  if (answer === undefined) return says.every(({ only }) => only !== undefined);
  const stand = says.map(({ words }) => untimed(answer).includes(untimed(words)));
  return client.startsWith('openssl') ? stand.length > 0 && !stand.includes(false) : stand.includes(true);
}

/** The clock went on in between. */
function untimed(text: string): string {
  return text.replace(/current time \S+/, 'current time NOW');
}

describe('what is told of a server', () => {
  let turn = 0;

  test.each(serverVariants.filter(({ asks }) => asks?.length !== 0))(
    'is what the clients print: $title',
    async ({ title, host = 'localhost', asks, ...set }: Variant) => {
      turn++;
      const directory = join(shared(), title.replaceAll(/\W/g, '-'));
      await makeFlawedSet(directory, set);
      const explanation = await explain({ directory, host });
      const server = await startTlsServer(directory);
      const call = { host, port: server.port, directory };
      try {
        const given = await Promise.all(
          asked
            .filter(([client]) => asks?.includes(client) ?? true)

            .map(([client, ask]) => ({ verdict: verdictOf(explanation, client), ask }))
            // In the short form all who refuse it, and of those who accept it every third, by turns.
            .filter(({ verdict }, at) => whole || verdict.says.length > 0 || (turn + at) % 3 === 0)
            .map(async ({ verdict, ask }) => ({
              verdict,
              answer: await ask(call),
            })),
        );
        expect(given.filter(({ verdict, answer }) => !agrees(verdict, answer))).toEqual([]);
      } finally {
        await server.stop();
      }
    },
  );
});
