// Run by Deno: calls the server of each line of its standard input, "HOST TAB PORT TAB DIRECTORY", with rustls; says
// null, or what went wrong.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const { connectTls } = globalThis.Deno;

for await (const line of createInterface({ input: process.stdin })) {
  const [hostname, port, directory] = line.split('\t');
  const read = (name) => readFileSync(join(directory, name), 'utf8');
  try {
    const options = { caCerts: [read('ca.pem')], cert: read('cert.pem'), key: read('key.pem') };
    const connection = await connectTls({ hostname, port: Number(port), ...options });
    try {
      await connection.handshake();
    } finally {
      connection.close();
    }
    process.stdout.write('null\n');
  } catch (error) {
    process.stdout.write(`${JSON.stringify(String(error))}\n`);
  }
}
