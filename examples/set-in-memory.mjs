// Makes a set without a directory and prints it as JSON, for a store of secrets. Shows each step of openssl meanwhile.
//
//   node set-in-memory.mjs docker.example.com | vault kv put secret/docker -
import { all, commandLine } from 'docker-tls-openssl';

const hosts = process.argv.slice(2);
const run = all({ directory: null, hosts, key: 'ec:p256' });
for await (const event of run.events)
  if (event.type === 'start' && event.step.kind === 'openssl') console.error(commandLine(event.step));

const { pem, keyPem } = await run;
const files = {
  'ca.pem': pem.ca,
  'server-cert.pem': pem.server,
  'server-key.pem': keyPem.server,
  'cert.pem': pem.client,
  'key.pem': keyPem.client,
};
console.log(JSON.stringify(files));
console.error(`${Object.keys(files).length} files, none on disk`);
