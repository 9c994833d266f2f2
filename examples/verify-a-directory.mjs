// Checks a certificate directory for problems and prints each finding with its fix.
//
//   node verify-a-directory.mjs /etc/docker/tls
//
// Starts no process and changes nothing. Exits with 4 if a finding is an error.
import { verifyDirectory } from 'docker-tls-openssl';

const [directory = 'docker-tls'] = process.argv.slice(2);
const { ok, findings, checked } = await verifyDirectory({ directory });

for (const { severity, id, file, reason, fix } of findings) {
  console.log(`${severity} ${id}: ${file}: ${reason}`);
  console.log(`  fix: ${fix}`);
}
console.log(`${checked.certificates} certificates, ${checked.keys} keys, ${findings.length} findings`);
if (!ok) process.exitCode = 4;
