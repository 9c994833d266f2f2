import { describe, expect, test } from '@jest/globals';
import * as library from '../../lib/index.js';
import { daemonPort, endpointCalled, issue } from '../../lib/internal.js';
import { InputError } from '../../lib/errors.js';
import { nearest } from '../../lib/known-options.js';

type Loose = (options: never) => Promise<unknown>;
const functions: Readonly<Record<string, Loose>> = {
  all: library.all,
  ca: library.ca,
  server: library.server,
  client: library.client,
  issue: (options) => issue(['client'], options),
  planIssue: (options) => library.planIssue(['client'], options),
  previewIssue: (options) => library.previewIssue(['client'], options),
  'previewIssue, how': (options) => library.previewIssue(['client'], {}, options),
  renew: library.renew,
  previewRenewal: library.previewRenewal,
  renewCa: library.renewCa,
  previewRenewCa: library.previewRenewCa,
  rollback: library.rollback,
  planRollback: library.planRollback,
  addPassphrase: library.addPassphrase,
  changePassphrase: library.changePassphrase,
  removePassphrase: library.removePassphrase,
  inspect: library.inspect,
  status: library.status,
  explain: library.explain,
  verifyDirectory: library.verifyDirectory,
  connect: library.connect,
  doctor: library.doctor,
  readCredentials: (options) => library.readCredentials('client', options),
  endpointCalled,
  daemonPort,
  clientEnvironment: library.clientEnvironment,
  snippet: (options) => library.snippet('curl', options),
  bundle: (options) => library.bundle('client', options),
  writeP12: (options) => library.writeP12('x.p12', options),
  syncContext: (options) => library.syncContext('name', options),
  installClient: library.installClient,
  installDaemon: library.installDaemon,
  uninstallDaemon: library.uninstallDaemon,
};

async function refusalOf(run: () => Promise<unknown>): Promise<object> {
  const error: unknown = await run().then(
    () => 'accepted',
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof InputError)) throw error;
  const { code, option, message, hint } = error;
  return { code, option, message, hint };
}

describe.each(Object.entries(functions))('%s', (_, run) => {
  test('refuses an option that it does not know', async () => {
    expect(await refusalOf(() => run({ unheardOf: 'z' } as never))).toEqual({
      code: 'ERR_INPUT',
      option: 'unheardOf',
      message: "there is no option 'unheardOf'",
      hint: undefined,
    });
  });

  test.each([[null], ['docker-tls'], [['docker-tls']]])('refuses %j for its options', async (given) => {
    expect(await refusalOf(() => run(given as never))).toMatchObject({
      code: 'ERR_INPUT',
      option: 'options',
    });
  });
});

test('what is near to an unknown option is hinted at', async () => {
  expect(await refusalOf(() => library.client({ nam: 'z' } as never))).toMatchObject({
    option: 'nam',
    hint: "did you mean 'name'?",
  });
  expect(await refusalOf(() => library.renew({ newkey: true } as never))).toMatchObject({
    option: 'newkey',
    hint: "did you mean 'newKey'?",
  });
});

describe('the nearest name', () => {
  const names = ['name', 'names', 'now', 'caDays', 'directory'];

  test.each([
    ['nam', 'name'],
    ['nmae', 'name'], // two letters that are swapped are one edit
    ['nameses', 'names'],
    ['ca_days', 'caDays'],
    ['dirctry', 'directory'],
    ['dirctr', undefined],
    ['x', undefined],
    ['', undefined],
    ['cadayss', 'caDays'],
    ['caaadayss', undefined],
  ])('%s: %s', (typed, near) => {
    expect(nearest(typed, names)).toBe(near);
  });
});
