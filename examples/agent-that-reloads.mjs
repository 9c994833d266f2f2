// Asks a daemon for its version again and again. The agent reads the client's files for each connection: renew them meanwhile, and the
// next connection shows the new certificate.
//
//   node agent-that-reloads.mjs docker.example.com:2376 3
import { get } from 'node:https';
import { json } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { reloadingAgent, status } from 'docker-tls-openssl';

const [endpoint = 'localhost:2376', times = '3'] = process.argv.slice(2);
const set = { directory: 'docker-tls', host: endpoint };
const agent = await reloadingAgent(set);

for (let at = 0; at < Number(times); at += 1) {
  const version = await new Promise((resolve, reject) => {
    get(`https://${endpoint}/version`, { agent }, (answer) => resolve(json(answer))).on('error', reject);
  });
  const { certificates } = await status({ directories: [set.directory] });
  const client = certificates.find(({ path }) => path === 'cert.pem');
  console.log(`API ${version.ApiVersion}, certificate ${client?.serial}`);
  await sleep(500);
}
