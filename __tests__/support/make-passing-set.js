// Makes a set that does not last, in a process of its own: `all`, killed in the midst of it, or `temporarySet`, which stays until
// the process is killed from outside. Prints the directory.
import { all, temporarySet } from 'docker-tls-openssl';

const [how] = process.argv.slice(2);
if (how === 'all') {
  const run = all({ directory: null, hosts: ['127.0.0.1'], key: 'ec:p256' });
  for await (const event of run.events)
    if (event.type === 'done' && event.step.kind === 'openssl') process.kill(process.pid, 'SIGKILL');
} else {
  const { directory } = await temporarySet({ hosts: ['127.0.0.1'] });
  console.log(directory);
  if (how === 'stay') setInterval(() => undefined, 1000);
}
