// Shows each openssl step as it runs, and stops on Ctrl-C or after a deadline.
//
//   node watch-and-abort.mjs docker.example.com 60000
//
// An aborted run leaves the directory as it was.
import { all, commandLine, isDockerTlsError } from 'docker-tls-openssl';

const [host = 'docker.example.com', deadlineMs = '60000'] = process.argv.slice(2);
const interrupted = new AbortController();
process.once('SIGINT', () => interrupted.abort());
const signal = AbortSignal.any([interrupted.signal, AbortSignal.timeout(Number(deadlineMs))]);

/** @param {import('docker-tls-openssl').StepEvent} event */
function observer(event) {
  if (event.type === 'plan') console.log(`${event.plan.steps.length} steps`);
  else if (event.step.kind !== 'openssl') return;
  else if (event.type === 'start') console.log(`$ ${commandLine(event.step)}`);
  else console.log(`  ${event.step.title}: ${Math.round(event.ms)} ms`);
}

try {
  // passphrase: null leaves the CA's key unencrypted. Do that for tests only.
  const { made } = await all({ hosts: [host], key: 'ec:p256', passphrase: null, observer, signal });
  console.log(`${made.length} files`);
} catch (error) {
  if (!isDockerTlsError(error) || error.code !== 'ERR_ABORTED') throw error;
  console.error('aborted: nothing was changed');
  process.exitCode = 130;
}
