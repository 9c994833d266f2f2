// Reports when the certificates in a directory expire, and renews those that expire soon.
//
//   node renew-due.mjs docker-tls 30d
//
// Exits with 3 if a certificate is due and could not be renewed, for example because its CA expires first.
import { readFile } from 'node:fs/promises';
import { renew, status } from 'docker-tls-openssl';

const [directory = 'docker-tls', within = '30d'] = process.argv.slice(2);
const passphrase = async () =>
  (await readFile(process.env.PASSPHRASE_FILE ?? 'passphrase', 'utf8')).trimEnd();

const before = await status({ directories: [directory], within });
for (const { state, path, daysLeft } of before.certificates)
  console.log(`${state} ${path} ${daysLeft} days left`);

// Asks for the passphrase only if something is due. The files it replaces go to archive/.
const { renewed, skipped, archive } = await renew({ directory, within, passphrase });
for (const { path, days } of renewed) console.log(`renewed ${path} for ${days} days`);
for (const { path, why } of skipped) console.error(`not renewed: ${path}: ${why}`);
if (archive) console.log(`replaced files: ${archive}`);
if (skipped.length > 0) process.exitCode = 3;
