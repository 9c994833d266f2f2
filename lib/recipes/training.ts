import { flagsLine, shellPath } from './advice.js';
import { layouts } from '../set/layout.js';
import { formatSubject, parseSubject } from '../x509/subject.js';
import type { Tutorial } from './tutorial.js';
import { typed } from './typed.js';
import { refusedWithoutNames } from './refusals.js';
import { signServer } from './without-names.js';

const files = layouts.training;

/** The slides of Docker's training, "Securing Docker with TLS". */
export const training: Tutorial = {
  name: 'training',
  title: 'Slides of a Docker training: Securing Docker with TLS',
  marks:
    'ca.srl starts at 01; all keys with -des3, then stripped; no subjectAltName; client-key.pem, client-cert.pem',
  files,
  templates: [],
  encryptsCaKey: true,
  caSubject: parseSubject('/CN=Docker CA'),
  takes: 'nothing',
  ownNames: [],
  refusal: refusedWithoutNames,

  steps: ({ host, altNames, passphrase, caSubject }) => [
    typed`echo 01 > ca.srl`,
    typed`openssl genrsa -des3 -passout ${passphrase} -out ca-key.pem 2048`,
    typed`openssl req -subj ${formatSubject(caSubject)} -new -x509 -days 365 -key ca-key.pem -passin ${passphrase} -out ca.pem`,
    typed`openssl genrsa -des3 -passout ${passphrase} -out server-key.pem 2048`,
    typed`openssl req -subj /CN=${host} -new -key server-key.pem -passin ${passphrase} -out server.csr`,
    typed`openssl rsa -in server-key.pem -passin ${passphrase} -out server-key.pem`,
    ...signServer(passphrase, altNames),
    typed`openssl genrsa -des3 -passout ${passphrase} -out client-key.pem 2048`,
    typed`openssl req -subj /CN=client -new -key client-key.pem -passin ${passphrase} -out client.csr`,
    typed`openssl rsa -in client-key.pem -passin ${passphrase} -out client-key.pem`,
    typed`echo extendedKeyUsage = clientAuth > extfile.cnf`,
    typed`openssl x509 -req -days 365 -in client.csr -CA ca.pem -CAkey ca-key.pem -passin ${passphrase} -out client-cert.pem -extfile extfile.cnf`,
  ],

  advice: (directory, { port }) => ({
    daemon: [`sudo dockerd ${flagsLine(directory, files.server)} -H=0.0.0.0:${port}`],
    client: [
      `cp ${shellPath(directory, 'ca.pem')} ~/.docker/ca.pem`,
      `cp ${shellPath(directory, 'client-cert.pem')} ~/.docker/cert.pem`,
      `cp ${shellPath(directory, 'client-key.pem')} ~/.docker/key.pem`,
      `export DOCKER_HOST=tcp://:${port}`,
      'docker --tlsverify ps',
    ],
  }),
};
