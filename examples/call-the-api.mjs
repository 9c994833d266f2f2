// Asks a daemon for its version and lists its containers, over mutual TLS.
//
//   node call-the-api.mjs docker.example.com:2376
//
// The client's files are in ./docker-tls. Without a host, DOCKER_HOST or docker's current context names the daemon.
// `new Docker(options)` of dockerode, and `new Agent({ connect: options })` of undici, take the same options.
import { Agent, get } from 'node:https';
import { json } from 'node:stream/consumers';
import { dockerOptions, isDockerTlsError } from 'docker-tls-openssl';

const [host] = process.argv.slice(2);
const source = host === undefined ? { env: process.env } : { directory: 'docker-tls', host };

try {
  const options = await dockerOptions(source);
  const agent = new Agent(options);
  const ask = (/** @type {string} */ path) =>
    new Promise((resolve, reject) => {
      get(`${options.url}${path}`, { agent }, (answer) => resolve(json(answer))).on('error', reject);
    });
  const { Version, ApiVersion } = await ask('/version');
  const containers = await ask('/containers/json?all=1');
  console.log(`${options.url}: Docker ${Version}, API ${ApiVersion}, ${containers.length} containers`);
} catch (error) {
  if (!isDockerTlsError(error)) throw error;
  console.error(`${error.code}: ${error.message}`);
  if (error.hint !== undefined) console.error(error.hint);
  process.exitCode = 1;
}
