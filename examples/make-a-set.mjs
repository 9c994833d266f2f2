// Makes a CA, a server and a client certificate, and prints what was made.
//
//   node make-a-set.mjs docker.example.com 10.0.0.5
//
// The CA's passphrase comes from the file that PASSPHRASE_FILE names. Run it again: it changes nothing.
import { readFile } from 'node:fs/promises';
import { all, isDockerTlsError } from 'docker-tls-openssl';

const hosts = process.argv.slice(2);
const passphrase = async () =>
  (await readFile(process.env.PASSPHRASE_FILE ?? 'passphrase', 'utf8')).trimEnd();

try {
  const { directory, made, kept, names, notes } = await all({ hosts, key: 'ec:p256', passphrase });
  for (const { path } of made) console.log(`made ${path}`);
  for (const path of kept) console.log(`kept ${path}`);
  for (const { text } of notes) console.log(`note: ${text}`);
  console.log(`${directory}: ${names.length} names`);
} catch (error) {
  if (!isDockerTlsError(error)) throw error;
  console.error(`${error.code}: ${error.message}`);
  if (error.hint !== undefined) console.error(error.hint);
  process.exitCode = 1;
}
