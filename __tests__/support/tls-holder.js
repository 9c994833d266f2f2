// Run by Bun or Deno: calls the server of each line of its standard input, "HOST TAB PORT TAB DIRECTORY", with the pair in the
// directory; says null, or what went wrong. Bun calls as docker-modem does.
import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const { Deno } = globalThis;

function askNode(host, port, read) {
  const [ca, cert, key] = ['ca.pem', 'cert.pem', 'key.pem'].map((name) => read(name));
  return new Promise((resolve, reject) => {
    request({ host, port, ca, cert, key, agent: false, path: '/version' }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode));
    })
      .on('error', reject)
      .end();
  });
}

async function askDeno(hostname, port, read) {
  const [ca, cert, key] = ['ca.pem', 'cert.pem', 'key.pem'].map((name) => read(name, 'utf8'));
  const connection = await Deno.connectTls({ hostname, port: Number(port), caCerts: [ca], cert, key });
  try {
    await connection.write(new TextEncoder().encode(`GET /version HTTP/1.0\r\nHost: ${hostname}\r\n\r\n`));
    const answer = new Uint8Array(100);
    await connection.read(answer);
    return Number(new TextDecoder().decode(answer).split(' ')[1]);
  } finally {
    connection.close();
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const [host, port, directory] = line.split('\t');
  const read = (name, encoding) => readFileSync(join(directory, name), encoding);
  try {
    const status = await (Deno ? askDeno : askNode)(host, port, read);
    if (status !== 200) throw new Error(`the server answered: ${status}`);
    process.stdout.write('null\n');
  } catch (error) {
    process.stdout.write(
      `${JSON.stringify(String(error.code ? `${error.code}: ${error.message}` : error))}\n`,
    );
  }
}
