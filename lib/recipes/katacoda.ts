import { flagsLine, hostFlag, hostUrl, shellPath } from './advice.js';
import { layouts } from '../set/layout.js';
import { formatAltName, parseAltName } from '../x509/alt-names.js';
import type { Tutorial } from './tutorial.js';
import { typed } from './typed.js';

const files = layouts.flat;

/** The Katacoda scenario "Protect the Docker daemon socket". */
export const katacoda: Tutorial = {
  name: 'katacoda',
  title: 'Katacoda scenario: Protect the Docker daemon socket',
  marks: 'CA key by req -keyout; a full subject; subjectAltName with several addresses; csr and extfile left',
  files,
  templates: [],
  encryptsCaKey: true,
  caSubject: undefined,
  takes: 'all',
  ownNames: [parseAltName('127.0.0.1')],

  steps: ({ host, altNames, passphrase }) => {
    const [first = '', ...others] = altNames.map(formatAltName);
    // The text has a blank after the first comma.
    const names = [first, others.join()].filter((part) => part !== '').join(', ');
    return [
      typed`openssl req -subj /C=US/ST=NRW/L=SanFrancisco/O=401_Inc/OU=DevOps/CN=my.401example.com/emailAddress=401@my_containersecurity.com -new -x509 -days 365 -keyout ca-key.pem -sha256 -passout ${passphrase} -out ca.pem`,
      typed`openssl genrsa -out server-key.pem 4096`,
      typed`openssl req -subj /CN=${host} -sha256 -new -key server-key.pem -out server.csr`,
      typed`echo subjectAltName = ${names} >> extfile.cnf`,
      typed`echo extendedKeyUsage = serverAuth >> extfile.cnf`,
      typed`openssl x509 -req -days 365 -sha256 -in server.csr -CA ca.pem -CAkey ca-key.pem -passin ${passphrase} -CAcreateserial -out server-cert.pem -extfile extfile.cnf`,
      typed`chmod -v 0400 ca-key.pem server-key.pem`,
      typed`chmod -v 0444 ca.pem server-cert.pem`,
      typed`openssl genrsa -out key.pem 4096`,
      typed`openssl req -subj /CN=client -new -key key.pem -out client.csr`,
      typed`echo extendedKeyUsage = clientAuth > extfile-client.cnf`,
      typed`openssl x509 -req -days 365 -sha256 -in client.csr -CA ca.pem -CAkey ca-key.pem -passin ${passphrase} -CAcreateserial -out cert.pem -extfile extfile-client.cnf`,
    ];
  },

  advice: (directory, daemon) => {
    const at = (file: string): string => shellPath(directory, file);
    return {
      daemon: [
        'service docker stop',
        `dockerd ${flagsLine(directory, files.server)} -H=0.0.0.0:${daemon.port}`,
      ],
      client: [
        `docker ${flagsLine(directory, files.client)} ${hostFlag(daemon)} ps`,
        'mkdir -pv ~/.docker',
        `cp -v ${['ca.pem', 'cert.pem', 'key.pem'].map(at).join(' ')} ~/.docker`,
        `export DOCKER_HOST=${hostUrl(daemon)} DOCKER_TLS_VERIFY=1`,
        'docker ps',
        `curl ${hostUrl(daemon, 'https', '/version')} --cert ~/.docker/cert.pem --key ~/.docker/key.pem --cacert ~/.docker/ca.pem | jq .`,
      ],
    };
  },
};
