import { layouts } from '../set/layout.js';
import { join } from 'node:path';
import { flagsLine, hostFlag, tlsFlags } from './advice.js';
import type { Step } from '../plan/step.js';
import { parseAltName } from '../x509/alt-names.js';
import { render } from './templates.js';
import { refusedByName } from './refusals.js';
import type { Tutorial, TutorialValues } from './tutorial.js';
import { typed } from './typed.js';

/**
 * The blog post "Securing Docker engine with TLS.". Its two machines, on which the files have the same names, are two
 * directories: `server` is ~/.docker of the engine's machine, `client` that of the client's.
 */
export const opensslCnf: Tutorial = {
  name: 'openssl-cnf',
  title: 'Blog post of 2016: Securing Docker engine with TLS',
  marks:
    'openssl.cnf with v3_req and alt_names; no key encrypted; CA for 10000 days; one set of names on two machines',
  files: layouts['openssl-cnf'],
  templates: ['openssl.cnf'],
  encryptsCaKey: false,
  caSubject: undefined,
  takes: 'addresses',
  ownNames: [parseAltName('0.0.0.0')],
  refusal: refusedByName,

  steps: (values) => [
    typed`mkdir -p server`,
    typed`openssl genrsa -out server/ca-key.pem 2048`,
    typed`openssl req -x509 -new -nodes -days 10000 -subj /CN=docker-CA -key server/ca-key.pem -out server/ca.pem`,
    typed`openssl genrsa -out server/key.pem 2048`,
    configuration('server', values),
    typed`openssl req -new -subj /CN=docker-server -key server/key.pem -config server/openssl.cnf -out server/cert.csr`,
    typed`openssl x509 -req -in server/cert.csr -CA server/ca.pem -CAkey server/ca-key.pem -extfile server/openssl.cnf -out server/cert.pem -days 365 -extensions v3_req -CAcreateserial`,
    typed`mkdir -p client`,
    typed`cp server/ca.pem client/ca.pem`,
    typed`cp server/ca-key.pem client/ca-key.pem`,
    typed`openssl genrsa -out client/key.pem 2048`,
    configuration('client', values),
    typed`openssl req -new -subj /CN=docker-client -key client/key.pem -config client/openssl.cnf -out client/cert.csr`,
    typed`openssl x509 -req -CAcreateserial -days 365 -extensions v3_req -CA client/ca.pem -CAkey client/ca-key.pem -in client/cert.csr -extfile client/openssl.cnf -out client/cert.pem`,
  ],

  advice: (directory, daemon) => {
    const pair = { key: 'key.pem', certificate: 'cert.pem' };
    const flags = tlsFlags(join(directory, 'server'), pair)
      .join(' ')
      .replace(/["\\$`]/g, '\\$&');
    return {
      daemon: [
        `OPTIONS=" --default-ulimit nofile=1024:4096 -H unix:///var/run/docker.sock -H 0.0.0.0:${daemon.port} ${flags}"`,
        '/etc/init.d/docker restart',
        'less /var/log/docker',
      ],
      client: [`docker ${flagsLine(join(directory, 'client'), pair)} ${hostFlag(daemon)} version`],
    };
  },
};

/** What the text writes in an editor. */
function configuration(machine: 'server' | 'client', { altNames, templates }: TutorialValues): Step {
  const name = 'openssl.cnf';
  const view = {
    server: machine === 'server',
    altNames: altNames.map(({ type, value }, at) => ({
      type,
      value,
      n: altNames.slice(0, at + 1).filter((name) => name.type === type).length, // IP.1, IP.2, DNS.1
    })),
  };
  return {
    kind: 'write-file',
    path: `${machine}/${name}`,
    content: render(name, templates[name] ?? '', view),
  };
}
