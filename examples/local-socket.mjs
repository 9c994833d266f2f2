// Opens a local socket that leads to a daemon over mutual TLS, for programs that cannot do TLS themselves. Ends on Ctrl-C.
//
//   node local-socket.mjs docker.example.com:2376 ./docker.sock
//   DOCKER_HOST=unix://$PWD/docker.sock docker ps
//
// The client's files are in ./docker-tls. They are read again for each connection, so that a renewal needs no restart.
import { isDockerTlsError, tunnel } from 'docker-tls-openssl';

const [host = 'localhost:2376', path = 'docker.sock'] = process.argv.slice(2);
const stop = new AbortController();
process.once('SIGINT', () => stop.abort());

try {
  const set = { directory: 'docker-tls', host };
  const open = await tunnel({ listen: `unix:${path}`, set, signal: stop.signal });
  console.log(`DOCKER_HOST=unix://${open.path}`);
  await open.closed;
  console.log('closed');
} catch (error) {
  if (!isDockerTlsError(error)) throw error;
  console.error(`${error.code}: ${error.message}`);
  process.exitCode = 1;
}
