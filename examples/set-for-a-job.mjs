// Runs a command with certificates of its own, which are gone when it ends. The command finds them at $DOCKER_CERT_PATH.
//
//   node set-for-a-job.mjs 'ls -l "$DOCKER_CERT_PATH"'
//
// In TypeScript `await using set = await temporarySet(…)` does what `finally` does here.
import { spawnSync } from 'node:child_process';
import { temporarySet } from 'docker-tls-openssl';

const [command = 'true'] = process.argv.slice(2);
const set = await temporarySet({ hosts: ['127.0.0.1'] });
try {
  const env = { ...process.env, DOCKER_CERT_PATH: set.directory, DOCKER_TLS_VERIFY: '1' };
  const { status } = spawnSync('sh', ['-c', command], { env, stdio: 'inherit' });
  process.exitCode = status ?? 1;
} finally {
  await set.remove();
  console.log(`removed ${set.directory}`);
}
