import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { planIssue, previewIssue } from '../../lib/issue/plan-issue.js';
import type { IssueRequest } from '../../lib/issue/options.js';
import { placesOf } from '../support/places.js';
import { planLines } from '../../lib/plan/command-line.js';
import { artifactsOf, dependencies, inputsOf, writesOf } from '../../lib/plan/schedule.js';
import type { CheckStep, Plan, Step } from '../../lib/plan/step.js';
import {
  recipeNames,
  recipes,
  tutorialOf,
  tutorials,
  type TutorialName,
} from '../../lib/recipes/catalogue.js';
import { formatAltName } from '../../lib/x509/alt-names.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';
import { refusalError } from './refusal.js';

const temporary = useTemporaryDirectory();

const host = 'docker.example';
const ip = '10.0.0.5';

const names = Object.keys(tutorials) as TutorialName[];
const withoutNames = ['training', 'docs-2014'] as const;

/** The plan for an empty directory. */
async function planOf(recipe: TutorialName, request: IssueRequest = {}): Promise<Plan> {
  const all = { ...placesOf(tutorials[recipe], host, ip), recipe, ...request };
  return (await previewIssue(['ca', 'server', 'client'], all, { fresh: true })).plan;
}

async function linesOf(recipe: TutorialName, request?: IssueRequest): Promise<string> {
  return `\n${planLines(await planOf(recipe, request)).join('\n')}\n`;
}

describe('the whole plan, to be read beside its text', () => {
  test("docs: Docker's documentation today", async () => {
    expect(await linesOf('docs')).toBe(`
openssl genrsa -aes256 -passout fd:3 -out ca-key.pem 4096
openssl req -subj '/CN=Docker CA' -new -x509 -days 365 -key ca-key.pem -passin fd:3 -sha256 -out ca.pem
openssl genrsa -out server-key.pem 4096
openssl req -subj /CN=docker.example -sha256 -new -key server-key.pem -out server.csr
echo subjectAltName = DNS:docker.example,IP:10.0.0.5,IP:127.0.0.1 >> extfile.cnf
echo extendedKeyUsage = serverAuth >> extfile.cnf
openssl x509 -req -days 365 -sha256 -in server.csr -CA ca.pem -CAkey ca-key.pem -passin fd:3 -CAcreateserial -out server-cert.pem -extfile extfile.cnf
openssl genrsa -out key.pem 4096
openssl req -subj /CN=client -new -key key.pem -out client.csr
echo extendedKeyUsage = clientAuth > extfile-client.cnf
openssl x509 -req -days 365 -sha256 -in client.csr -CA ca.pem -CAkey ca-key.pem -passin fd:3 -CAcreateserial -out cert.pem -extfile extfile-client.cnf
rm -v client.csr server.csr extfile.cnf extfile-client.cnf
chmod -v 0400 ca-key.pem key.pem server-key.pem
chmod -v 0444 ca.pem server-cert.pem cert.pem
# check ca.pem: a CA of ca.pem, key ca-key.pem
# check server-cert.pem: a server of ca.pem, key server-key.pem, names DNS:docker.example IP:10.0.0.5 IP:127.0.0.1
# check cert.pem: a client of ca.pem, key key.pem
`);
  });

  test('training: the slides of a training', async () => {
    expect(await linesOf('training')).toBe(`
echo 01 > ca.srl
openssl genrsa -des3 -passout fd:3 -out ca-key.pem 2048
openssl req -subj '/CN=Docker CA' -new -x509 -days 365 -key ca-key.pem -passin fd:3 -out ca.pem
openssl genrsa -des3 -passout fd:3 -out server-key.pem 2048
openssl req -subj /CN=docker.example -new -key server-key.pem -passin fd:3 -out server.csr
openssl rsa -in server-key.pem -passin fd:3 -out server-key.pem
openssl x509 -req -days 365 -in server.csr -CA ca.pem -CAkey ca-key.pem -passin fd:3 -out server-cert.pem
openssl genrsa -des3 -passout fd:3 -out client-key.pem 2048
openssl req -subj /CN=client -new -key client-key.pem -passin fd:3 -out client.csr
openssl rsa -in client-key.pem -passin fd:3 -out client-key.pem
echo extendedKeyUsage = clientAuth > extfile.cnf
openssl x509 -req -days 365 -in client.csr -CA ca.pem -CAkey ca-key.pem -passin fd:3 -out client-cert.pem -extfile extfile.cnf
# check ca.pem: a CA of ca.pem, key ca-key.pem
# check server-cert.pem: a server of ca.pem, key server-key.pem
# check client-cert.pem: a client of ca.pem, key client-key.pem
`);
  });

  test('katacoda: the scenario', async () => {
    expect(await linesOf('katacoda')).toBe(`
openssl req -subj /C=US/ST=NRW/L=SanFrancisco/O=401_Inc/OU=DevOps/CN=my.401example.com/emailAddress=401@my_containersecurity.com -new -x509 -days 365 -keyout ca-key.pem -sha256 -passout fd:3 -out ca.pem
openssl genrsa -out server-key.pem 4096
openssl req -subj /CN=docker.example -sha256 -new -key server-key.pem -out server.csr
echo subjectAltName = DNS:docker.example, IP:10.0.0.5,IP:127.0.0.1 >> extfile.cnf
echo extendedKeyUsage = serverAuth >> extfile.cnf
openssl x509 -req -days 365 -sha256 -in server.csr -CA ca.pem -CAkey ca-key.pem -passin fd:3 -CAcreateserial -out server-cert.pem -extfile extfile.cnf
chmod -v 0400 ca-key.pem server-key.pem
chmod -v 0444 ca.pem server-cert.pem
openssl genrsa -out key.pem 4096
openssl req -subj /CN=client -new -key key.pem -out client.csr
echo extendedKeyUsage = clientAuth > extfile-client.cnf
openssl x509 -req -days 365 -sha256 -in client.csr -CA ca.pem -CAkey ca-key.pem -passin fd:3 -CAcreateserial -out cert.pem -extfile extfile-client.cnf
# check ca.pem: a CA of ca.pem, key ca-key.pem
# check server-cert.pem: a server of ca.pem, key server-key.pem, names DNS:docker.example IP:10.0.0.5 IP:127.0.0.1
# check cert.pem: a client of ca.pem, key key.pem
`);
  });

  test('openssl-cnf: the blog post', async () => {
    expect(await linesOf('openssl-cnf')).toBe(`
mkdir -p -m 0700 server
openssl genrsa -out server/ca-key.pem 2048
openssl req -x509 -new -nodes -days 10000 -subj /CN=docker-CA -key server/ca-key.pem -out server/ca.pem
openssl genrsa -out server/key.pem 2048
cat > server/openssl.cnf <<'EOF'
[req]
req_extensions = v3_req
distinguished_name = req_distinguished_name
[req_distinguished_name]
[ v3_req ]
basicConstraints = CA:FALSE
keyUsage = nonRepudiation, digitalSignature, keyEncipherment
extendedKeyUsage = serverAuth, clientAuth
subjectAltName = @alt_names

[alt_names]
IP.1 = 10.0.0.5
IP.2 = 0.0.0.0
EOF
openssl req -new -subj /CN=docker-server -key server/key.pem -config server/openssl.cnf -out server/cert.csr
openssl x509 -req -in server/cert.csr -CA server/ca.pem -CAkey server/ca-key.pem -extfile server/openssl.cnf -out server/cert.pem -days 365 -extensions v3_req -CAcreateserial
mkdir -p -m 0700 client
cp server/ca.pem client/ca.pem
cp server/ca-key.pem client/ca-key.pem
openssl genrsa -out client/key.pem 2048
cat > client/openssl.cnf <<'EOF'
[req]
req_extensions = v3_req
distinguished_name = req_distinguished_name
[req_distinguished_name]
[ v3_req ]
basicConstraints = CA:FALSE
keyUsage = nonRepudiation, digitalSignature, keyEncipherment
extendedKeyUsage = serverAuth, clientAuth
EOF
openssl req -new -subj /CN=docker-client -key client/key.pem -config client/openssl.cnf -out client/cert.csr
openssl x509 -req -CAcreateserial -days 365 -extensions v3_req -CA client/ca.pem -CAkey client/ca-key.pem -in client/cert.csr -extfile client/openssl.cnf -out client/cert.pem
# check server/ca.pem: a CA of server/ca.pem, key server/ca-key.pem
# check server/cert.pem: a server of server/ca.pem, key server/key.pem, names IP:10.0.0.5 IP:0.0.0.0
# check client/cert.pem: a client of server/ca.pem, key client/key.pem
`);
  });

  test("docs-2014: Docker's documentation of 2014", async () => {
    expect(await linesOf('docs-2014')).toBe(`
echo 01 > ca.srl
openssl genrsa -des3 -passout fd:3 -out ca-key.pem 2048
openssl req -subj /C=AU/ST=Queensland/L=Brisbane/O=DockerInc/OU=Boot2Docker/CN=your.host.com/emailAddress=Sven@home.org.au -new -x509 -days 365 -key ca-key.pem -passin fd:3 -out ca.pem
openssl genrsa -des3 -passout fd:3 -out server-key.pem 2048
openssl req -subj /CN=docker.example -new -key server-key.pem -passin fd:3 -out server.csr
openssl x509 -req -days 365 -in server.csr -CA ca.pem -CAkey ca-key.pem -passin fd:3 -out server-cert.pem
openssl genrsa -des3 -passout fd:3 -out key.pem 2048
openssl req -subj /CN=client -new -key key.pem -passin fd:3 -out client.csr
echo extendedKeyUsage = clientAuth > extfile.cnf
openssl x509 -req -days 365 -in client.csr -CA ca.pem -CAkey ca-key.pem -passin fd:3 -out cert.pem -extfile extfile.cnf
openssl rsa -in server-key.pem -passin fd:3 -out server-key.pem
openssl rsa -in key.pem -passin fd:3 -out key.pem
# check ca.pem: a CA of ca.pem, key ca-key.pem
# check server-cert.pem: a server of ca.pem, key server-key.pem
# check cert.pem: a client of ca.pem, key key.pem
`);
  });
});

describe('the whole plan with --add-san', () => {
  test('training has an extfile for the server, and nothing else that is new', async () => {
    expect(await linesOf('training', { ips: [ip], addSan: true })).toBe(`
echo 01 > ca.srl
openssl genrsa -des3 -passout fd:3 -out ca-key.pem 2048
openssl req -subj '/CN=Docker CA' -new -x509 -days 365 -key ca-key.pem -passin fd:3 -out ca.pem
openssl genrsa -des3 -passout fd:3 -out server-key.pem 2048
openssl req -subj /CN=docker.example -new -key server-key.pem -passin fd:3 -out server.csr
openssl rsa -in server-key.pem -passin fd:3 -out server-key.pem
echo subjectAltName = DNS:docker.example,IP:10.0.0.5,DNS:localhost,IP:127.0.0.1,IP:::1 > extfile-server.cnf
openssl x509 -req -days 365 -in server.csr -CA ca.pem -CAkey ca-key.pem -passin fd:3 -out server-cert.pem -extfile extfile-server.cnf
openssl genrsa -des3 -passout fd:3 -out client-key.pem 2048
openssl req -subj /CN=client -new -key client-key.pem -passin fd:3 -out client.csr
openssl rsa -in client-key.pem -passin fd:3 -out client-key.pem
echo extendedKeyUsage = clientAuth > extfile.cnf
openssl x509 -req -days 365 -in client.csr -CA ca.pem -CAkey ca-key.pem -passin fd:3 -out client-cert.pem -extfile extfile.cnf
# check ca.pem: a CA of ca.pem, key ca-key.pem
# check server-cert.pem: a server of ca.pem, key server-key.pem, names DNS:docker.example IP:10.0.0.5 DNS:localhost IP:127.0.0.1 IP:::1
# check client-cert.pem: a client of ca.pem, key client-key.pem
`);
  });

  test('docs-2014 as well', async () => {
    expect(await linesOf('docs-2014', { ips: [ip], addSan: true })).toBe(`
echo 01 > ca.srl
openssl genrsa -des3 -passout fd:3 -out ca-key.pem 2048
openssl req -subj /C=AU/ST=Queensland/L=Brisbane/O=DockerInc/OU=Boot2Docker/CN=your.host.com/emailAddress=Sven@home.org.au -new -x509 -days 365 -key ca-key.pem -passin fd:3 -out ca.pem
openssl genrsa -des3 -passout fd:3 -out server-key.pem 2048
openssl req -subj /CN=docker.example -new -key server-key.pem -passin fd:3 -out server.csr
echo subjectAltName = DNS:docker.example,IP:10.0.0.5,DNS:localhost,IP:127.0.0.1,IP:::1 > extfile-server.cnf
openssl x509 -req -days 365 -in server.csr -CA ca.pem -CAkey ca-key.pem -passin fd:3 -out server-cert.pem -extfile extfile-server.cnf
openssl genrsa -des3 -passout fd:3 -out key.pem 2048
openssl req -subj /CN=client -new -key key.pem -passin fd:3 -out client.csr
echo extendedKeyUsage = clientAuth > extfile.cnf
openssl x509 -req -days 365 -in client.csr -CA ca.pem -CAkey ca-key.pem -passin fd:3 -out cert.pem -extfile extfile.cnf
openssl rsa -in server-key.pem -passin fd:3 -out server-key.pem
openssl rsa -in key.pem -passin fd:3 -out key.pem
# check ca.pem: a CA of ca.pem, key ca-key.pem
# check server-cert.pem: a server of ca.pem, key server-key.pem, names DNS:docker.example IP:10.0.0.5 DNS:localhost IP:127.0.0.1 IP:::1
# check cert.pem: a client of ca.pem, key key.pem
`);
  });

  test('openssl-cnf has more names in the configuration of its server, counted by their kind', async () => {
    expect(await linesOf('openssl-cnf', { hosts: [host], addSan: true })).toBe(`
mkdir -p -m 0700 server
openssl genrsa -out server/ca-key.pem 2048
openssl req -x509 -new -nodes -days 10000 -subj /CN=docker-CA -key server/ca-key.pem -out server/ca.pem
openssl genrsa -out server/key.pem 2048
cat > server/openssl.cnf <<'EOF'
[req]
req_extensions = v3_req
distinguished_name = req_distinguished_name
[req_distinguished_name]
[ v3_req ]
basicConstraints = CA:FALSE
keyUsage = nonRepudiation, digitalSignature, keyEncipherment
extendedKeyUsage = serverAuth, clientAuth
subjectAltName = @alt_names

[alt_names]
IP.1 = 10.0.0.5
IP.2 = 0.0.0.0
DNS.1 = docker.example
DNS.2 = localhost
IP.3 = 127.0.0.1
IP.4 = ::1
EOF
openssl req -new -subj /CN=docker-server -key server/key.pem -config server/openssl.cnf -out server/cert.csr
openssl x509 -req -in server/cert.csr -CA server/ca.pem -CAkey server/ca-key.pem -extfile server/openssl.cnf -out server/cert.pem -days 365 -extensions v3_req -CAcreateserial
mkdir -p -m 0700 client
cp server/ca.pem client/ca.pem
cp server/ca-key.pem client/ca-key.pem
openssl genrsa -out client/key.pem 2048
cat > client/openssl.cnf <<'EOF'
[req]
req_extensions = v3_req
distinguished_name = req_distinguished_name
[req_distinguished_name]
[ v3_req ]
basicConstraints = CA:FALSE
keyUsage = nonRepudiation, digitalSignature, keyEncipherment
extendedKeyUsage = serverAuth, clientAuth
EOF
openssl req -new -subj /CN=docker-client -key client/key.pem -config client/openssl.cnf -out client/cert.csr
openssl x509 -req -CAcreateserial -days 365 -extensions v3_req -CA client/ca.pem -CAkey client/ca-key.pem -in client/cert.csr -extfile client/openssl.cnf -out client/cert.pem
# check server/ca.pem: a CA of server/ca.pem, key server/ca-key.pem
# check server/cert.pem: a server of server/ca.pem, key server/key.pem, names IP:10.0.0.5 IP:0.0.0.0 DNS:docker.example DNS:localhost IP:127.0.0.1 IP:::1
# check client/cert.pem: a client of server/ca.pem, key client/key.pem
`);
  });

  test.each(['docs', 'katacoda'] as const)('%s is as it is without', async (recipe) => {
    expect(await linesOf(recipe, { addSan: true })).toBe(await linesOf(recipe));
  });
});

/** One command as its words; a here-document is `cat > FILE` and its text. */
type Words = readonly string[];

/** Our spelling of what the transcript has; each has to be there, once. */
interface Difference {
  readonly theirs: Words;
  readonly ours: readonly Words[];
}

/** All that is not word for word as in the transcripts. */
const allowed: Readonly<Partial<Record<TutorialName, readonly Difference[]>>> = {
  // The name of the CA, which the text leaves to the reader, is not asked for but given.
  docs: [
    {
      theirs: words(
        String.raw`printf '%s\n' . . . . . 'Docker CA' . | openssl req -new -x509 -days 365 -key ca-key.pem -passin fd:3 -sha256 -out ca.pem`,
      ),
      ours: [
        words(
          "openssl req -subj '/CN=Docker CA' -new -x509 -days 365 -key ca-key.pem -passin fd:3 -sha256 -out ca.pem",
        ),
      ],
    },
  ],
  training: [
    {
      theirs: words(
        String.raw`printf '%s\n' . . . . . 'Docker CA' . | openssl req -new -x509 -days 365 -key ca-key.pem -passin fd:3 -out ca.pem`,
      ),
      ours: [
        words(
          "openssl req -subj '/CN=Docker CA' -new -x509 -days 365 -key ca-key.pem -passin fd:3 -out ca.pem",
        ),
      ],
    },
  ],
  'docs-2014': [
    {
      theirs: words(
        String.raw`printf '%s\n' '' Queensland Brisbane DockerInc Boot2Docker your.host.com Sven@home.org.au | openssl req -new -x509 -days 365 -key ca-key.pem -passin fd:3 -out ca.pem`,
      ),
      ours: [
        words(
          'openssl req -subj /C=AU/ST=Queensland/L=Brisbane/O=DockerInc/OU=Boot2Docker/CN=your.host.com/emailAddress=Sven@home.org.au -new -x509 -days 365 -key ca-key.pem -passin fd:3 -out ca.pem',
        ),
      ],
    },
  ],
  // The directories are for their owner alone; cp takes one file at a time.
  'openssl-cnf': [
    { theirs: words('mkdir -p server/'), ours: [words('mkdir -p -m 0700 server')] },
    { theirs: words('mkdir -p client/'), ours: [words('mkdir -p -m 0700 client')] },
    {
      theirs: words('cp server/ca.pem server/ca-key.pem client/'),
      ours: [words('cp server/ca.pem client/ca.pem'), words('cp server/ca-key.pem client/ca-key.pem')],
    },
  ],
};

describe('the commands are those of the transcript, in its order', () => {
  test.each(names)('%s', async (recipe) => {
    const url = new URL(`../tutorials/${recipe}.sh`, import.meta.url);
    const transcript = commandsIn(
      readFileSync(url, 'utf8').replaceAll('pass:"$PASSPHRASE"', 'fd:3'), // a descriptor, not the command line
    );
    const same = (a: Words) => (b: Words) => JSON.stringify(a) === JSON.stringify(b);
    const differences = allowed[recipe] ?? [];
    for (const { theirs } of differences) {
      expect(transcript.filter(same(theirs))).toEqual([theirs]);
    }
    const expected = transcript.flatMap(
      (command) => differences.find(({ theirs }) => same(theirs)(command))?.ours ?? [command],
    );
    expect(commandsIn(planLines(await planOf(recipe)).join('\n'))).toEqual(expected);
  });

  test('a transcript is read as a shell reads it', () => {
    expect(
      commandsIn(
        [
          '#!/bin/sh',
          'set -eu',
          ': "${HOST:?}"',
          '',
          'echo a  $HOST,"$IP" >> b # no comment of the whole line',
          'openssl x \\',
          `  -subj '/CN=a "b' -y`,
          "printf '%s' a |",
          '  openssl z',
          'cat > c << END',
          'IP.1 = $IP',
          '',
          'END',
          "cat > d <<'EOF'",
          '$IP',
          'EOF',
        ].join('\n'),
      ),
    ).toEqual([
      ['echo', 'a', `${host},${ip}`, '>>', 'b', '#', 'no', 'comment', 'of', 'the', 'whole', 'line'],
      ['openssl', 'x', '-subj', '/CN=a "b', '-y'],
      ['printf', '%s', 'a', '|', 'openssl', 'z'],
      ['cat', '>', 'c', `IP.1 = ${ip}\n\n`],
      ['cat', '>', 'd', '$IP\n'],
    ]);
  });
});

describe('what is left of it', () => {
  test.each<[TutorialName, IssueRequest, string[]]>([
    [
      'docs',
      {},
      [
        '0400 private-key ca-key.pem',
        '0444 certificate ca.pem',
        '0400 private-key server-key.pem',
        '0444 certificate server-cert.pem',
        '0644 file ca.srl',
        '0400 private-key key.pem',
        '0444 certificate cert.pem',
      ],
    ],
    [
      'training',
      {},
      [
        '0644 file ca.srl',
        '0600 private-key ca-key.pem',
        '0644 certificate ca.pem',
        '0600 private-key server-key.pem',
        '0644 csr server.csr',
        '0644 certificate server-cert.pem',
        '0600 private-key client-key.pem',
        '0644 csr client.csr',
        '0644 file extfile.cnf',
        '0644 certificate client-cert.pem',
      ],
    ],
    [
      'training',
      { addSan: true },
      [
        '0644 file ca.srl',
        '0600 private-key ca-key.pem',
        '0644 certificate ca.pem',
        '0600 private-key server-key.pem',
        '0644 csr server.csr',
        '0644 file extfile-server.cnf',
        '0644 certificate server-cert.pem',
        '0600 private-key client-key.pem',
        '0644 csr client.csr',
        '0644 file extfile.cnf',
        '0644 certificate client-cert.pem',
      ],
    ],
    [
      'katacoda',
      {},
      [
        '0400 private-key ca-key.pem',
        '0444 certificate ca.pem',
        '0400 private-key server-key.pem',
        '0644 csr server.csr',
        '0644 file extfile.cnf',
        '0444 certificate server-cert.pem',
        '0644 file ca.srl',
        '0600 private-key key.pem',
        '0644 csr client.csr',
        '0644 file extfile-client.cnf',
        '0644 certificate cert.pem',
      ],
    ],
    [
      'openssl-cnf',
      {},
      [
        '0600 private-key server/ca-key.pem',
        '0644 certificate server/ca.pem',
        '0600 private-key server/key.pem',
        '0644 file server/openssl.cnf',
        '0644 csr server/cert.csr',
        '0644 certificate server/cert.pem',
        '0644 file server/ca.srl',
        '0644 certificate client/ca.pem',
        '0600 private-key client/ca-key.pem',
        '0600 private-key client/key.pem',
        '0644 file client/openssl.cnf',
        '0644 csr client/cert.csr',
        '0644 certificate client/cert.pem',
        '0644 file client/ca.srl',
      ],
    ],
    [
      'docs-2014',
      {},
      [
        '0644 file ca.srl',
        '0600 private-key ca-key.pem',
        '0644 certificate ca.pem',
        '0600 private-key server-key.pem',
        '0644 csr server.csr',
        '0644 certificate server-cert.pem',
        '0600 private-key key.pem',
        '0644 csr client.csr',
        '0644 file extfile.cnf',
        '0644 certificate cert.pem',
      ],
    ],
  ])('%s %j', async (recipe, request, expected) => {
    const left = artifactsOf(await planOf(recipe, request)).map(
      ({ path, product, mode }) => `0${mode.toString(8)} ${product} ${path}`,
    );
    expect(left.sort()).toEqual(expected.sort());
  });

  test.each(names)(
    '%s leaves the three pairs where it says, and needs nothing beforehand',
    async (recipe) => {
      const plan = await planOf(recipe);
      const left = new Map(artifactsOf(plan).map(({ path, product }) => [path, product]));
      for (const { key, certificate } of Object.values(tutorials[recipe].files)) {
        expect(left.get(key)).toBe('private-key');
        expect(left.get(certificate)).toBe('certificate');
      }
      expect(inputsOf(plan)).toEqual([]);
    },
  );
});

describe('what waits for what', () => {
  interface Order {
    readonly steps: readonly Step[];
    readonly waitsFor: readonly (readonly number[])[];
    /** The first step that makes a file. */
    readonly makes: (path: string) => number;
    /** The signature that makes a certificate. */
    readonly signs: (path: string) => number;
    /** All that a step waits for, also through others. */
    readonly before: (index: number) => Set<number>;
  }

  async function orderOf(recipe: TutorialName, request?: IssueRequest): Promise<Order> {
    const { steps } = await planOf(recipe, request);
    const waitsFor = dependencies(steps);
    const before = (index: number): Set<number> =>
      new Set(waitsFor[index]!.flatMap((each) => [each, ...before(each)]));
    const found = (is: (step: Step) => boolean): number => {
      const index = steps.findIndex(is);
      if (index < 0) throw new Error('there is no such step');
      return index;
    };
    return {
      steps,
      waitsFor,
      before,
      makes: (path) => found((step) => writesOf(step).includes(path)),
      signs: (path) =>
        found((step) => step.kind === 'openssl' && step.command === 'x509' && writesOf(step).includes(path)),
    };
  }

  const flat = names.filter((name) => name !== 'openssl-cnf');

  test.each(flat)(
    '%s: the two signatures share ca.srl, so the second waits for the first',
    async (recipe) => {
      const { waitsFor, signs } = await orderOf(recipe);
      const { server, client } = tutorials[recipe].files;
      expect(waitsFor[signs(client.certificate)]).toContain(signs(server.certificate));
    },
  );

  test.each(withoutNames)('%s: the first signature waits for the echo into ca.srl', async (recipe) => {
    const { steps, waitsFor, makes, signs } = await orderOf(recipe);
    expect(steps[makes('ca.srl')]).toMatchObject({ kind: 'echo', text: '01' });
    expect(waitsFor[signs('server-cert.pem')]).toContain(makes('ca.srl'));
  });

  test.each(flat)('%s: the keys wait for nothing', async (recipe) => {
    const { waitsFor, makes } = await orderOf(recipe);
    for (const { key } of Object.values(tutorials[recipe].files)) expect(waitsFor[makes(key)]).toEqual([]);
  });

  test('openssl-cnf: a key waits for its directory; the signatures have a ca.srl each, and do not wait for each other', async () => {
    const { waitsFor, makes, signs, before } = await orderOf('openssl-cnf');
    expect(waitsFor[makes('server/ca-key.pem')]).toEqual([makes('server')]);
    expect(waitsFor[makes('server/key.pem')]).toEqual([makes('server')]);
    expect(waitsFor[makes('client/key.pem')]).toEqual([makes('client')]);
    expect(before(signs('client/cert.pem'))).not.toContain(signs('server/cert.pem'));
    expect(before(signs('client/cert.pem'))).toContain(makes('client/ca-key.pem'));
    expect(before(makes('client/ca-key.pem'))).toContain(makes('server/ca-key.pem'));
  });

  test.each([
    ['training', 'server-key.pem', 'server.csr'],
    ['training', 'client-key.pem', 'client.csr'],
    ['docs-2014', 'server-key.pem', 'server.csr'],
    ['docs-2014', 'key.pem', 'client.csr'],
  ] as const)('%s: %s loses its passphrase after %s, which was made with it', async (recipe, key, csr) => {
    const { steps, waitsFor, makes } = await orderOf(recipe);
    const strips = steps.findIndex(
      (step) => step.kind === 'openssl' && step.command === 'rsa' && writesOf(step).includes(key),
    );
    expect(waitsFor[strips]).toEqual([makes(key), makes(csr)].sort((a, b) => a - b));
  });

  test.each(withoutNames)('%s with --add-san: the signature waits for its extfile', async (recipe) => {
    const { waitsFor, makes, signs } = await orderOf(recipe, { addSan: true });
    expect(waitsFor[signs('server-cert.pem')]).toContain(makes('extfile-server.cnf'));
    expect(waitsFor[signs('server-cert.pem')]).not.toContain(makes('extfile.cnf'));
  });

  test('docs: what is removed and what gets its mode waits for the second signature', async () => {
    const { steps, before, signs } = await orderOf('docs');
    const late = [...steps.keys()].filter((index) =>
      ['remove', 'set-mode'].includes(steps[index]?.kind ?? ''),
    );
    expect(late).toHaveLength(3);
    for (const index of late) expect(before(index)).toContain(signs('cert.pem'));
  });
});

describe('the checks hold a text to no more than what it says', () => {
  test.each(names)('%s', async (recipe) => {
    const { files } = tutorials[recipe];
    const checks = (await planOf(recipe)).steps.filter((step): step is CheckStep => step.kind === 'check');
    expect(checks.map(({ role, key, certificate, issuer }) => ({ role, key, certificate, issuer }))).toEqual(
      (['ca', 'server', 'client'] as const).map((role) => ({
        role,
        ...{ key: files[role].key, certificate: files[role].certificate },
        issuer: files.ca.certificate,
      })),
    );
    expect(checks.some(({ strict, moreNames, serial }) => strict ?? moreNames ?? serial)).toBe(false);
    expect(checks.map(({ passphrase }) => passphrase !== undefined)).toEqual([
      recipe !== 'openssl-cnf',
      false,
      false,
    ]);
  });

  test.each<[TutorialName, IssueRequest, string[]]>([
    ['docs', {}, ['DNS:docker.example', 'IP:10.0.0.5', 'IP:127.0.0.1']],
    ['training', {}, []],
    ['training', { addSan: true }, ['DNS:docker.example', 'DNS:localhost', 'IP:127.0.0.1', 'IP:::1']],
    ['training', { addSan: true, localhost: false }, ['DNS:docker.example']],
    ['katacoda', { ips: ['127.0.0.1'] }, ['DNS:docker.example', 'IP:127.0.0.1']],
    ['openssl-cnf', { ips: ['10.0.0.6,10.0.0.5'] }, ['IP:10.0.0.6', 'IP:10.0.0.5', 'IP:0.0.0.0']],
    [
      'openssl-cnf',
      { hosts: [host], addSan: true, localhost: false },
      ['IP:10.0.0.5', 'IP:0.0.0.0', 'DNS:docker.example'],
    ],
  ])('the names of %s %j', async (recipe, request, expected) => {
    const { steps } = await planOf(recipe, request);
    const named = steps.flatMap((step) => (step.kind === 'check' ? [step] : []));
    expect(named.map(({ altNames }) => altNames.map(formatAltName))).toEqual([[], expected, []]);
  });
});

describe('a recipe is a pure function', () => {
  test.each(names)(
    '%s: the same values give the same steps, and no passphrase is in them',
    async (recipe) => {
      const directory = join(temporary(), 'docker-tls');
      const request = {
        ...placesOf(tutorials[recipe], host, ip),
        recipe,
        directory,
        passphrase: 'correct horse',
      };
      const plan = async (): Promise<Plan> => (await planIssue(['ca', 'server', 'client'], request)).plan;
      const one = await plan();
      expect(await plan()).toEqual(one);
      expect(planLines(one)).toEqual(planLines(await planOf(recipe)));
      const shown = [JSON.stringify(one), inspect(one, { depth: Infinity, showHidden: true })].join('\n');
      expect(shown.includes('<passphrase>')).toBe(recipe !== 'openssl-cnf');
      expect(shown).not.toContain('horse');
    },
  );
});

describe('the catalogue', () => {
  test('has our own recipe first, and each of the texts', () => {
    expect(recipeNames).toEqual(['recommended', ...Object.keys(tutorials)]);
    expect(recipeNames.slice(1, 6)).toEqual(['docs', 'training', 'katacoda', 'openssl-cnf', 'docs-2014']);
    expect(recipes().map(({ name }) => name)).toEqual(recipeNames);
    for (const name of names) expect(tutorialOf(name).name).toBe(name);
  });

  test("says of each what today's docker says to it", () => {
    const legacy =
      "refused by name: x509: certificate relies on legacy Common Name field, use SANs instead, and by address: x509: cannot validate certificate for ADDRESS because it doesn't contain any IP SANs";
    expect(
      recipes()
        .map(({ name, docker, note }) => [name, docker, note])
        .slice(0, 6),
    ).toEqual([
      ['recommended', 'accepted', null],
      ['docs', 'accepted', null],
      ['training', 'refused', legacy],
      ['katacoda', 'accepted', null],
      [
        'openssl-cnf',
        'accepted by address',
        'refused by name: x509: certificate is not valid for any names, but wanted to match HOST',
      ],
      ['docs-2014', 'refused', legacy],
    ]);
  });

  test('says which text each of them is, and what marks it', () => {
    const [own, ...others] = recipes();
    expect(own?.text).toBeNull();
    expect(new Set(others.map(({ text }) => text)).size).toBe(names.length);
    for (const { marks } of recipes()) expect(marks).not.toBe('');
  });

  test.each(['doc', '', 'DOCS', 'recommended ', 'constructor', '__proto__'])('%j is none', (name) => {
    const { option, message, hint } = refusalError(() => tutorialOf(name as TutorialName));
    expect({ option, message }).toEqual({ option: 'recipe', message: `'${name}' is no recipe` });
    expect(hint).toBe(`choose one of ${recipeNames.join(', ')}`);
  });
});

/** The commands of a shell script, without what only sets it up. */
function commandsIn(script: string): Words[] {
  const commands: Words[] = [];
  const lines = script.replaceAll('\\\n', ' ').replace(/\|\n/g, '| ').split('\n');
  for (let line = lines.shift(); line !== undefined; line = lines.shift()) {
    if (/^(#|set |: |$)/.test(line)) continue;
    const [, path, quote, end] = /^cat > (\S+) <<\s*('?)(\w+)\2$/.exec(line) ?? [];
    if (path === undefined) commands.push(words(line));
    else {
      const text = lines.splice(0, lines.indexOf(end!) + 1).slice(0, -1);
      const filled = quote === '' ? text.map(fill) : text;
      commands.push(['cat', '>', path, filled.map((each) => `${each}\n`).join('')]);
    }
  }
  return commands;
}

/** As a shell splits a line: quotes keep words together, single ones what is in them. */
function words(line: string): string[] {
  return [...line.matchAll(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g)].map(([word]) =>
    word.replace(
      /'([^']*)'|"([^"]*)"|[^'"]+/g,
      (part, single?: string, double?: string) => single ?? fill(double ?? part),
    ),
  );
}

function fill(text: string): string {
  return text.replaceAll('$HOST', host).replaceAll('$IP', ip);
}
