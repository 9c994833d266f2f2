import { flagsLine, hostFlag, hostUrl, shellPath } from './advice.js';
import { layouts } from '../set/layout.js';
import { formatSubject, parseSubject } from '../x509/subject.js';
import type { Tutorial } from './tutorial.js';
import { typed } from './typed.js';
import { refusedWithoutNames } from './refusals.js';
import { signServer } from './without-names.js';

const files = layouts.flat;

/** Docker's documentation of 2014, in Chinese: "Docker with HTTPS". */
export const docs2014: Tutorial = {
  name: 'docs-2014',
  title: "Docker's documentation of 2014, in Chinese: Docker with HTTPS",
  marks: 'as training, with key.pem and cert.pem; keys stripped at the end; an interactive subject',
  files,
  templates: [],
  encryptsCaKey: true,
  // What the text's reader types; the country is the configuration's default there.
  caSubject: parseSubject(
    '/C=AU/ST=Queensland/L=Brisbane/O=DockerInc/OU=Boot2Docker/CN=your.host.com/emailAddress=Sven@home.org.au',
  ),
  takes: 'nothing',
  ownNames: [],
  refusal: refusedWithoutNames,

  steps: ({ host, altNames, passphrase, caSubject }) => [
    typed`echo 01 > ca.srl`,
    typed`openssl genrsa -des3 -passout ${passphrase} -out ca-key.pem 2048`,
    typed`openssl req -subj ${formatSubject(caSubject)} -new -x509 -days 365 -key ca-key.pem -passin ${passphrase} -out ca.pem`,
    typed`openssl genrsa -des3 -passout ${passphrase} -out server-key.pem 2048`,
    typed`openssl req -subj /CN=${host} -new -key server-key.pem -passin ${passphrase} -out server.csr`,
    ...signServer(passphrase, altNames),
    typed`openssl genrsa -des3 -passout ${passphrase} -out key.pem 2048`,
    typed`openssl req -subj /CN=client -new -key key.pem -passin ${passphrase} -out client.csr`,
    typed`echo extendedKeyUsage = clientAuth > extfile.cnf`,
    typed`openssl x509 -req -days 365 -in client.csr -CA ca.pem -CAkey ca-key.pem -passin ${passphrase} -out cert.pem -extfile extfile.cnf`,
    typed`openssl rsa -in server-key.pem -passin ${passphrase} -out server-key.pem`,
    typed`openssl rsa -in key.pem -passin ${passphrase} -out key.pem`,
  ],

  advice: (directory, daemon) => ({
    daemon: [`dockerd ${flagsLine(directory, files.server)} -H=0.0.0.0:${daemon.port}`],
    client: [
      `docker ${flagsLine(directory, files.client)} ${hostFlag(daemon)} version`,
      ...['ca.pem', 'cert.pem', 'key.pem'].map(
        (file) => `cp ${shellPath(directory, file)} ~/.docker/${file}`,
      ),
      `export DOCKER_HOST=tcp://:${daemon.port}`,
      'export DOCKER_TLS_VERIFY=1',
      'docker ps',
      `curl --insecure --cert ~/.docker/cert.pem --key ~/.docker/key.pem ${hostUrl(daemon, 'https', '/images/json')}`,
    ],
  }),
};
