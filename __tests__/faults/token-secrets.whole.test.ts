import { afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { newMark, seenIn, signsOf } from '../support/secret.js';
import { program, type Outcome } from '../support/program.js';
import { softToken, uri, ways, type SoftToken } from '../support/soft-token.js';
import { useSharedDirectory } from '../support/temporary-directory.js';
import { useTerminal } from '../support/terminal.js';
import { useWatcher, type Site } from '../support/watcher.js';

jest.setTimeout(600_000);

const watcher = useWatcher();
const terminal = useTerminal();
const home = useSharedDirectory();
const mark = newMark();
const pin = `12 ${mark} 34`;
const wrong = `21 ${mark} 43`;
const signs = signsOf(mark);
let token: SoftToken;
let site: Site;
beforeAll(async () => {
  token = await softToken(home(), { pin });
  await watcher.guards('PIN', signs);
});
beforeEach(async () => {
  site = await watcher.site();
});
afterEach(async () => {
  await site.remove();
});

describe.each(Object.entries(ways))('through the %s, the PIN is seen nowhere', (_, { openssl, module }) => {
  const ca = ['ca', '--ca-key', uri, '--verbose'];
  const all = ['all', '--host', 'docker.example', '--key', 'ec:p256', '--json'];
  const env = () => ({ ...site.env, ...token.env, PKCS11_MODULE_PATH: module });
  const runs = (args: readonly string[], descriptor3?: string): Promise<Outcome> =>
    program(site.place, args, { env: env(), ...(descriptor3 !== undefined && { descriptor3 }) });

  /** Also what the provider wrote down lies there while the evidence is taken. */
  async function unseen({ code, stdout, stderr }: Outcome, expected: number, command: string): Promise<void> {
    expect(stdout + stderr).toMatch(command);
    const { calls, leaks, recorded } = await site.evidence(signs);
    expect([...seenIn(stdout + stderr, signs), ...leaks, ...(await watcher.saw('PIN'))]).toEqual([]);
    expect([code, recorded, calls.length > 0]).toEqual([expected, true, true]);
  }

  beforeEach(() => site.use(openssl));

  test('from a descriptor, and from a file', async () => {
    await unseen(await runs([...ca, '--passphrase-fd', '3'], pin), 0, 'fd:3');
    const file = await site.keeps('pin', `${pin}\n`);
    await unseen(await runs([...all, '--passphrase-file', file]), 0, 'fd:3');
  });

  test('at the terminal, where it is asked for once', async () => {
    const screen = terminal(site.place, ca, { env: env() });
    await screen.sees(`PIN of the token for the key ${uri}:`);
    screen.types(`${pin}\r`);
    const code = await screen.ends();
    await unseen({ code, stdout: screen.output(), stderr: screen.words() }, 0, 'fd:3');
  });

  test('a wrong one, which is not asked for again', async () => {
    const screen = terminal(site.place, ca, { env: env() });
    await screen.sees(`PIN of the token for the key ${uri}:`);
    screen.types(`${wrong}\r`);
    const code = await screen.ends();
    const outcome = { code, stdout: screen.output(), stderr: screen.words() };
    await unseen(outcome, 1, 'the token did not accept the PIN');
  });
});
