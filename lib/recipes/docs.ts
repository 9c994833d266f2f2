import { layouts } from '../set/layout.js';
import { formatAltName, parseAltName } from '../x509/alt-names.js';
import { parseSubject, formatSubject } from '../x509/subject.js';
import { flagsLine, hostFlag, hostUrl, shellPath } from './advice.js';
import type { Tutorial } from './tutorial.js';
import { typed } from './typed.js';

const files = layouts.flat;

/** Docker's documentation of today, "Protect the Docker daemon socket". */
export const docs: Tutorial = {
  name: 'docs',
  title: "Docker's documentation today: Protect the Docker daemon socket",
  marks: 'CA key with -aes256; extfile.cnf with subjectAltName and serverAuth; -CAcreateserial; RSA 4096',
  files,
  templates: [],
  encryptsCaKey: true,
  caSubject: parseSubject('/CN=Docker CA'),
  takes: 'all',
  ownNames: [parseAltName('127.0.0.1')],

  steps: ({ host, altNames, passphrase, caSubject }) => [
    typed`openssl genrsa -aes256 -passout ${passphrase} -out ca-key.pem 4096`,
    typed`openssl req -subj ${formatSubject(caSubject)} -new -x509 -days 365 -key ca-key.pem -passin ${passphrase} -sha256 -out ca.pem`,
    typed`openssl genrsa -out server-key.pem 4096`,
    typed`openssl req -subj /CN=${host} -sha256 -new -key server-key.pem -out server.csr`,
    typed`echo subjectAltName = ${altNames.map(formatAltName).join()} >> extfile.cnf`,
    typed`echo extendedKeyUsage = serverAuth >> extfile.cnf`,
    typed`openssl x509 -req -days 365 -sha256 -in server.csr -CA ca.pem -CAkey ca-key.pem -passin ${passphrase} -CAcreateserial -out server-cert.pem -extfile extfile.cnf`,
    typed`openssl genrsa -out key.pem 4096`,
    typed`openssl req -subj /CN=client -new -key key.pem -out client.csr`,
    typed`echo extendedKeyUsage = clientAuth > extfile-client.cnf`,
    typed`openssl x509 -req -days 365 -sha256 -in client.csr -CA ca.pem -CAkey ca-key.pem -passin ${passphrase} -CAcreateserial -out cert.pem -extfile extfile-client.cnf`,
    typed`rm -v client.csr server.csr extfile.cnf extfile-client.cnf`,
    typed`chmod -v 0400 ca-key.pem key.pem server-key.pem`,
    typed`chmod -v 0444 ca.pem server-cert.pem cert.pem`,
  ],

  advice: (directory, daemon) => {
    const at = (file: string): string => shellPath(directory, file);
    return {
      daemon: [`dockerd ${flagsLine(directory, files.server)} -H=0.0.0.0:${daemon.port}`],
      client: [
        `docker ${flagsLine(directory, files.client)} ${hostFlag(daemon)} version`,
        `mkdir -pv ~/.docker && cp -v ${['ca.pem', 'cert.pem', 'key.pem'].map(at).join(' ')} ~/.docker`,
        `export DOCKER_HOST=${hostUrl(daemon)} DOCKER_TLS_VERIFY=1`,
      ],
    };
  },
};
