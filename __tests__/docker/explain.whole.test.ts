import { afterAll, describe, expect, test } from '@jest/globals';
import { join } from 'node:path';
import { explain, type Explanation } from '../../lib/index.js';
import type { ClientId } from '../../lib/judge/clients.js';
import type { ClientVerdict } from '../../lib/report/explain.js';
import { gatePrograms, newerPrograms } from '../support/client-programs.js';
import { chosen, whole } from '../support/form.js';
import { makeFlawedSet } from '../support/flawed-sets.js';
import { pathVariants } from '../support/flawed-paths.js';
import { serverVariants, type Variant } from '../support/flawed-variants.js';
import {
  agrees,
  disagreements,
  givenFor,
  isMeasuring,
  readMeasurements,
  recorded,
  writeAnswers,
} from '../support/measurements.js';
import { useSharedDirectory } from '../support/temporary-directory.js';
import { forgetNss, startTlsServer } from '../support/tls-clients.js';

const shared = useSharedDirectory();
const programs = [...(await gatePrograms()), ...(isMeasuring ? await newerPrograms() : [])];
const variants: readonly Variant[] = [...serverVariants, ...pathVariants].filter(
  ({ asks }) => asks?.length !== 0,
);

/** The first of those that are refused for the same reasons. */
function isFirst(variant: Variant): boolean {
  const reasonsOf = ({ reasons }: Variant): string => reasons.join();
  return variants.find((other) => reasonsOf(other) === reasonsOf(variant)) === variant;
}
const measurements = readMeasurements('servers');

afterAll(async () => {
  for (const { stop } of programs) stop?.();
  await forgetNss();
});

function verdictOf({ certificates }: Explanation, client: ClientId): ClientVerdict {
  return certificates[0]!.verdicts.find((verdict) => verdict.client === client)!;
}

/** Makes the variant's set, and starts a server with it. */
async function started({ title, host = 'localhost', ...set }: Variant): Promise<{
  call: { host: string; port: number; directory: string };
  explanation: Explanation;
  stop: () => Promise<void>;
}> {
  const directory = join(shared(), title.replaceAll(/\W/g, '-'));
  await makeFlawedSet(directory, set);
  const explanation = await explain({ directory, host });
  const server = await startTlsServer(directory);
  return { call: { host, port: server.port, directory }, explanation, stop: () => server.stop() };
}

const told = (): void => {
  let turn = 0;

  const kept = chosen(variants, (variant, at) => isFirst(variant) || at % 12 === 0);

  test.each(kept)('is what the clients print, and printed: $title', async (variant) => {
    turn++;
    const { call, explanation, stop } = await started(variant);
    try {
      const given = await Promise.all(
        programs
          .filter(({ client }) => variant.asks?.includes(client) ?? true)
          .map(({ client, ask }) => ({ verdict: verdictOf(explanation, client), ask }))
          // In the short form every second of those who refuse it, and of those who accept it every fifth, by turns.
          .filter(({ verdict }, at) => whole || (turn + at) % (verdict.says.length > 0 ? 2 : 5) === 0)
          .map(async ({ verdict, ask }) => ({ verdict, answer: await ask(call) })),
      );
      expect(given.filter(({ verdict, answer }) => !agrees(verdict, answer))).toEqual([]);
      const told = explanation.certificates[0]!.verdicts;
      expect(disagreements(told, givenFor(measurements, variant.title))).toEqual([]);
    } finally {
      await stop();
    }
  });
};

const measured = (): void => {
  test.each(variants)('of a server: $title', async (variant) => {
    const { call, explanation, stop } = await started(variant);
    try {
      const asked = await named();
      const given = [];
      for (const { program, client, ask } of asked)
        if (variant.asks?.includes(client) ?? true)
          given.push({ program, client, answer: recorded(await ask(call), call) });
      const names = Object.fromEntries(asked.map(({ program, client }) => [program, client]));
      writeAnswers('servers', names, variant.title, given);
      expect(disagreements(explanation.certificates[0]!.verdicts, given)).toEqual([]);
    } finally {
      await stop();
    }
  });

  let all:
    | undefined
    | Promise<readonly { program: string; client: ClientId; ask: (typeof programs)[number]['ask'] }[]>;

  /** Without those that imitate others. */
  function named(): NonNullable<typeof all> {
    return (all ??= Promise.all(
      programs.flatMap(({ version, client, ask }) =>
        version ? [version().then((program) => ({ program, client, ask }))] : [],
      ),
    ));
  }
};

if (isMeasuring) describe('the measurement', measured);
else describe('what is told of a server', told);
