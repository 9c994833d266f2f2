// Has a set whenever a program starts: makes it, keeps it or renews what is due. Then reports what becomes of it, for some seconds.
//
//   node at-every-start.mjs docker.example.com 10
//
// The CA's passphrase comes from the file that PASSPHRASE_FILE names.
import { readFile } from 'node:fs/promises';
import { ensure, watch } from 'docker-tls-openssl';

const [host = 'localhost', seconds = '0'] = process.argv.slice(2);
const passphrase = async () =>
  (await readFile(process.env.PASSPHRASE_FILE ?? 'passphrase', 'utf8')).trimEnd();

const { outcome, directory, skipped } = await ensure({
  hosts: [host],
  key: 'ec:p256',
  within: '33%',
  passphrase,
});
console.log(`${outcome} ${directory}`);
for (const { path, why } of skipped) console.log(`not renewed: ${path}: ${why}`);

const signal = AbortSignal.timeout(Number(seconds) * 1000);
for await (const event of watch({ directory, within: '33%', everyMs: 200, signal })) {
  if (event.type === 'due')
    console.log(`due: ${event.certificate.path}, ${event.certificate.daysLeft} days left`);
  if (event.type === 'renewed') console.log(`renewed: ${event.certificate.path}`);
  if (event.type === 'not-checked') console.log(`not checked: ${event.why}`);
}
