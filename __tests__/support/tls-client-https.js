// Run by Node, and by Bun, which has BoringSSL: calls the server of each line of its standard input, "HOST TAB PORT TAB
// DIRECTORY", as docker-modem does; says null, or what went wrong.
import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

function ask(host, port, directory) {
  const [ca, cert, key] = ['ca.pem', 'cert.pem', 'key.pem'].map((name) =>
    readFileSync(join(directory, name)),
  );
  return new Promise((resolve, reject) => {
    request({ host, port, ca, cert, key, agent: false, path: '/version' }, (response) => {
      response.resume().on('end', resolve);
    })
      .on('error', reject)
      .end();
  });
}

for await (const line of createInterface({ input: process.stdin })) {
  const [host, port, directory] = line.split('\t');
  try {
    await ask(host, port, directory);
    process.stdout.write('null\n');
  } catch (error) {
    process.stdout.write(`${JSON.stringify(`${error.code}: ${error.message}`)}\n`);
  }
}
