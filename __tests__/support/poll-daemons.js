// Asks daemons ten times a second, as a client with the files that are in a directory at that moment:
//
//   node poll-daemons.js DIRECTORY HOST...
//
// Prints a line of JSON for each answer: host, from, to (milliseconds) and failure, which is null where there was none.
import { readFile, realpath } from 'node:fs/promises';
import { get } from 'node:https';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const [directory, ...hosts] = process.argv.slice(2);

async function ask(host) {
  const at = await realpath(directory);
  const [ca, cert, key] = await Promise.all(
    ['ca.pem', 'cert.pem', 'key.pem'].map((file) => readFile(join(at, file))),
  );
  return new Promise((resolve) => {
    const options = { host, port: 2376, path: '/_ping', ca, cert, key, agent: false, timeout: 5_000 };
    const asked = get(options, (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode === 200 ? null : `HTTP ${response.statusCode}`));
      response.on('error', (error) => resolve(error.message));
    });
    asked.on('timeout', () => asked.destroy(new Error('timeout')));
    asked.on('error', (error) => resolve(error.message));
  });
}

await Promise.all(
  hosts.map(async (host) => {
    for (;;) {
      const from = Date.now();
      const failure = await ask(host);
      process.stdout.write(`${JSON.stringify({ host, from, to: Date.now(), failure })}\n`);
      await sleep(100);
    }
  }),
);
